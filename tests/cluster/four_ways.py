"""One study three times on one Ray: from Python, from its file, and by experiments/ablate.py."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import ray

import rpbind as rb


def called(program: str, *words: str) -> None:
    """Run a program in this process, as a user would call it."""
    sys.argv = [program, *words]
    try:
        if program.endswith(".py"):
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise


def main(data: str, file: str, ablate: str, reports: str) -> None:
    """Run the study in each way, into folders of the same name."""
    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    given = Path(reports)
    rb.ablate(
        data,
        reference="fixed",
        changes={"no-residual": {"model.residual": False}},
        controls="off",
        seeds=1,
        epochs=1,
        narrower=16,
        reports=given / "python",
        name="study",
    )
    for folder, program, *words in (
        ("file", "rpbind", "run", file),
        ("experiment", ablate, "--study", file),
    ):
        called(program, *words, "--reports", str(given / folder), "--name", "study")
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
