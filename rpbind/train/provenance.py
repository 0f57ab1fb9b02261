"""The provenance of a row: code, commit, package versions and machine."""

from __future__ import annotations

import platform
import subprocess
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from rpbind.train.code import code_id
from rpbind.train.machine import Machine


@lru_cache(maxsize=1)
def commit() -> str:
    """Return the git commit of the package's checkout, or a note that there is none."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return described.stdout.strip()


def provenance(machine: Machine, executor: str) -> dict[str, str]:
    """Return the provenance of a run except that of its data."""
    return {
        "code": code_id(),
        "rpbind": version("rpbind"),
        "commit": commit(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "ray": version("ray"),
        "executor": executor,
        "device": machine.device,
        "threads": str(machine.threads),
        "workers": str(machine.world),
    }
