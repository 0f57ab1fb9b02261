"""A study by Ray Train in which a training worker is killed, and later the trial that drives one.

    python struck_group_study.py DATA STUDY

Of `old`, the worker that trains seed 0; of `fixed`, the trial, when seed 0 is in the ledger and
seed 1 is being trained. Each by SIGKILL in the middle of the run, as its begin mark says. A worker
whose trial is struck is halted until that is dead. Every strike is a line that begins with
`struck`; every process of the study that is left half a minute after its end, one with `left`.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from small_study import RECIPES, small_plan

from rpbind.data.splits import SplitSpec
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger
from rpbind.ledger.marks import Mark, read_marks
from rpbind.run.resources import Resources
from rpbind.run.watch import Watch
from rpbind.study.launch import launch
from rpbind.train.opened import OpenData

EPOCHS = 12
ARMS = {name: RECIPES[name].with_({"train.epochs": EPOCHS}) for name in ("old", "fixed")}
SEEDS = (0, 1)

trials: dict[str, int] = {}
"""The process of the trial that drives an arm, once one of its epochs was heard of."""


def strike(ledger: Ledger, over: threading.Event) -> list[Any]:
    """Kill a worker and then a trial; returns all processes that the study had at these times."""

    def soon(found: Callable[[], Any]) -> Any:
        while not (it := found()) and not over.wait(0.005):
            pass
        return it

    mark = soon(lambda: in_the_middle(ledger, "old", 0))
    processes = mine()
    worker = processes[mark.start.pid]
    worker.kill()
    print(f"struck worker of old 0 after epoch {mark.epoch}", flush=True)

    mark = soon(lambda: in_the_middle(ledger, "fixed", 1))
    worker = mine()[mark.start.pid]
    worker.suspend()
    soon(lambda: any((row.arm, row.seed) == ("fixed", 0) for row in ledger.rows()))
    processes |= mine()
    processes[trials["fixed"]].kill()
    print(f"struck trial of fixed 1 after epoch {mark.epoch}", flush=True)
    worker.resume()
    return list(processes.values())


def in_the_middle(ledger: Ledger, arm: str, seed: int) -> Mark | None:
    """Return the mark of a run that is being made and of which an epoch has ended."""
    marks = [m for m in read_marks(ledger.runs) if (m.start.arm, m.start.seed) == (arm, seed)]
    return next((m for m in marks if m.alive and 0 < m.epoch < EPOCHS), None)


def mine() -> dict[int, Any]:
    """Return the processes that descend from this one, by id."""
    psutil = importlib.import_module("psutil")  # Ray, which is there by now, brings it along
    return {each.pid: each for each in psutil.Process().children(recursive=True)}


def main(data: str, study: str) -> None:
    end_epoch = Watch.end_epoch

    def end_epoch_and_mark(watch: Watch, trial: str, arm: str, point: dict[str, Any]) -> None:
        trials[arm] = int(point["pid"])
        end_epoch(watch, trial, arm, point)

    Watch.end_epoch = end_epoch_and_mark  # type: ignore[method-assign]
    over, struck = threading.Event(), list[Any]()
    ledger, source = Ledger(Path(study)), DataSource(OpenData(Path(data)), SplitSpec())
    striker = threading.Thread(target=lambda: struck.extend(strike(ledger, over)))
    striker.start()
    try:
        launch(
            small_plan(source, dict(ARMS), SEEDS),
            source,
            Resources(requested="train"),
            ledger.study,
        )
    finally:
        over.set()
        striker.join()
    psutil = importlib.import_module("psutil")
    _, left = psutil.wait_procs([*struck, *mine().values()], timeout=30)
    for process in left:
        print(f"left {process.name()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
