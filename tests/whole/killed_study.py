"""A study in a process that dies by its own hand at its n-th write, without Ray."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from rpbind import run as room
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger, Plan, Row
from rpbind.report.build import build_report
from rpbind.run.resources import Resources
from rpbind.study import launch as launching
from rpbind.train.machine import Machine
from rpbind.train.run import train_task
from rpbind.train.task import Task

PRELOAD = ["torch._dynamo", "rpbind.study.launch", "rpbind.run.sweep", "rpbind.report.build"]
WRITES = ((os, "fsync"), (os, "link"), (Path, "replace"), (Path, "rename"), (Path, "unlink"))
NEVER = 0
STUDY_FILE = "# the study as a file\n"


def study_that_dies(plan: Plan, source: DataSource, folder: Path, step: int, counted: Any) -> None:
    """Run the study and write its report; the process ends just before its step-th write."""
    count = 0

    def counting(write: Any) -> Any:
        def counted_write(*words: Any, **more: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os._exit(9)
            return write(*words, **more)

        return counted_write

    for where, name in WRITES:
        setattr(where, name, counting(getattr(where, name)))
    _without_ray()
    launching.launch(plan, source, Resources(), folder, study_file=lambda plan: STUDY_FILE)
    build_report(folder)
    counted.value = count


def _without_ray() -> None:
    """Put a room in the place of the one that knows Ray: runs are made here, one by one.

    Check-ups and baselines, which append rows as runs do, are left out: they take longer than all.
    """
    launching.examine_arms = lambda *asked: None
    launching.score_baselines = lambda *asked: None
    sys.modules["rpbind.run.ray_tune"] = stand_in()
    room.ray_tune = sys.modules["rpbind.run.ray_tune"]  # type: ignore[attr-defined]


def stand_in() -> ModuleType:
    """Return what `launch` needs of the room that knows Ray."""
    made = ModuleType("rpbind.run.ray_tune")
    made.ready = lambda *asked: contextlib.nullcontext(1)  # type: ignore[attr-defined]
    made.run_grid = _run_here  # type: ignore[attr-defined]
    return made


def _run_here(tasks: Sequence[Task], ledger: Ledger, where: Resources) -> None:
    def hear(message: dict[str, Any]) -> None:
        if "row" in message:
            ledger.append(Row.model_validate_json(message["row"]))
            ledger.merge(at=1)

    for task in tasks:
        train_task(task, Machine(), "here", hear)
