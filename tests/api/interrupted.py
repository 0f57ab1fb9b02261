"""A script of a user: its own Ray, Ctrl-C in the middle of a study, and the same call again."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import ray

import rpbind as rb
from rpbind.ledger import Ledger

CHANGES = {"no-residual": {"model.residual": False}, "conv": {"model.encoder": "conv"}}
SMALL = {"seeds": 2, "epochs": 1, "narrower": 16}


def main(data: str, reports: str) -> None:
    """Run the study twice, and print what a user sees as JSON."""
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    node = ray.get_runtime_context().get_node_id()
    before = signal.getsignal(signal.SIGINT)
    append = Ledger.append

    def interrupted(ledger: Ledger, row: object) -> object:
        if row.stage == "ablation":  # type: ignore[attr-defined]
            Ledger.append = append  # type: ignore[method-assign]
            os.kill(os.getpid(), signal.SIGINT)
        return append(ledger, row)  # type: ignore[arg-type]

    Ledger.append = interrupted  # type: ignore[method-assign, assignment]
    stopped = rb.ablate(data, changes=CHANGES, reports=reports, **SMALL)
    done = int((stopped.runs()["state"] == "done").sum())
    halves = [stopped.is_complete, done, signal.getsignal(signal.SIGINT) is before]
    study = rb.ablate(rb.load_dataset(data), changes=CHANGES, reports=reports, **SMALL)
    stays = ray.is_initialized() and ray.get_runtime_context().get_node_id() == node
    same = study.folder == stopped.folder
    print(json.dumps([*halves, same, study.is_complete, stays, str(study.folder)]))
    refused = 0
    for asked in ({"address": "10.0.0.1:6379"}, {"executor": "train"}):
        try:
            rb.ablate(data, changes=CHANGES, reports=str(Path(reports) / "other"), **SMALL, **asked)
        except rb.UserError:
            refused += ray.is_initialized()
    print(refused)
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
