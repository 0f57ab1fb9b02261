"""A study on Ray whose driver kills itself by SIGKILL at a given moment.

    python ray_killed_study.py DATA STUDY MOMENT COUNT

MOMENT is `begin` (the plan is being written), `epoch` (the driver hears of an epoch), `append` (a
worker has kept its row, and the driver is about to record it) or `report` (the page is being
written); COUNT is which time. Ray's processes die with their driver.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from small_study import RECIPES, small_plan

from rpbind.data.splits import SplitSpec
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger
from rpbind.report import build
from rpbind.run.resources import Resources
from rpbind.run.watch import Watch
from rpbind.study import launch as launching
from rpbind.train.opened import OpenData

MOMENTS: dict[str, tuple[Any, str]] = {
    "begin": (Ledger, "begin"),
    "epoch": (Watch, "end_epoch"),
    "append": (Ledger, "append"),
    "report": (build, "write_atomic"),
}
ARMS = {name: RECIPES[name] for name in ("old", "fixed")}
SEEDS = (0, 1)


def dying(call: Callable[..., Any], count: int) -> Callable[..., Any]:
    calls = iter(range(1, 10**6))

    def die_or_call(*words: Any, **more: Any) -> Any:
        if next(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*words, **more)

    return die_or_call


def main(data: str, study: str, moment: str, count: str) -> None:
    source = DataSource(OpenData(Path(data)), SplitSpec())
    if moment in MOMENTS:
        where, name = MOMENTS[moment]
        setattr(where, name, dying(getattr(where, name), int(count)))
    plan = small_plan(source, dict(ARMS), SEEDS)
    launching.launch(plan, source, Resources(), Path(study))
    build.build_report(Path(study))


if __name__ == "__main__":
    main(*sys.argv[1:])
