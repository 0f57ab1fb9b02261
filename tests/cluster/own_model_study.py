"""A study of a whole model of one's own, whose file is gone before any run begins.

    python own_model_study.py DATA STUDY FILE WORKERS ADDRESS EPOCH

WORKERS share each run, ADDRESS is that of a Ray cluster or "here", and at the EPOCH-th epoch that
the driver hears of, it kills itself by SIGKILL ("never" for not at all).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.recipe import Recipe
from rpbind.run.resources import Resources
from rpbind.run.watch import Watch
from rpbind.study.launch import launch
from rpbind.train.opened import OpenData

SEEDS = (0, 1)


def recipe(file: str) -> Recipe:
    return Recipe().with_(
        {
            "model": {"kind": "custom", "class": f"{file}:Whole", "options": {"dropout": 0.2}},
            "train.batch_size": 16,
            "train.epochs": 3,
        }
    )


def main(data: str, study: str, file: str, workers: str, address: str, epoch: str) -> None:
    source = DataSource(OpenData(Path(data)), SplitSpec())
    design = Design("own", (arm("whole", recipe(file), ""),), ())
    plan = make_plan("own", Question("?", "!", "."), design, SEEDS, source)
    hidden = Path(file).rename(f"{file}.hidden")
    try:
        heard, end_epoch = iter(range(1, 10**6)), Watch.end_epoch

        def dying(*words: Any, **more: Any) -> Any:
            if str(next(heard)) == epoch:
                hidden.rename(file)
                os.kill(os.getpid(), signal.SIGKILL)
            return end_epoch(*words, **more)

        Watch.end_epoch = dying  # type: ignore[method-assign]
        where = None if address == "here" else address
        launch(plan, source, Resources(workers=int(workers), address=where), Path(study))
    finally:
        hidden.rename(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
