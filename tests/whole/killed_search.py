"""A search on Ray in which something is killed, by a page that ends as every page does.

    python killed_search.py DATA REPORTS VICTIM@MOMENT ...

VICTIM is `driver`, `trial` (the process that makes one) or `node` (Ray's daemon and its processes),
by SIGKILL; `term` and `interrupt` send the driver SIGTERM and SIGINT; `disk` is full from then on.
MOMENT is at which epoch that the driver hears of; or `before`, when Ray runs and no fit has begun;
or `between`, when the search has ended and no fit confirms its winner yet. Every epoch is a line:
its trial and number.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import signal
from pathlib import Path
from typing import Any

from small_study import RECIPES

from rpbind import experiment as page
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design
from rpbind.design.plan import Question
from rpbind.design.source import DataSource
from rpbind.files import atomic as files
from rpbind.run import watchdog
from rpbind.run.resources import Resources
from rpbind.run.watch import Watch
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space
from rpbind.study import launch
from rpbind.terminal import run_experiment
from rpbind.train.opened import OpenData

RATES = {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2, "log": True}
SPACE = Space.model_validate({"about": "Rates.", "dimension": [RATES]})
TRIALS, EPOCHS = 16, 4
OUTSIDE = {"before": "score_baselines", "between": "with_winners"}
SIGNALS = {"driver": signal.SIGKILL, "term": signal.SIGTERM, "interrupt": signal.SIGINT}


def strike(victim: str, point: dict[str, Any]) -> None:
    """Kill the victim; `point` is the epoch that was just heard, with its trial's pid."""
    if victim in SIGNALS:
        os.kill(os.getpid(), SIGNALS[victim])
    elif victim == "trial":
        os.kill(point["pid"], signal.SIGKILL)
    elif victim == "node":
        psutil = importlib.import_module("psutil")
        mine = psutil.Process().children(recursive=True)
        (daemon,) = (each for each in mine if each.name() == "raylet")
        for process in (daemon, *daemon.children(recursive=True)):  # on a busy machine they live on
            with contextlib.suppress(psutil.NoSuchProcess):  # some die with the daemon
                process.kill()
    elif victim == "disk":
        files._write = _full


def _full(*words: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def strike_in(step: str, victim: str) -> None:
    """Strike when the study comes to a step of `launch`."""

    def struck(*words: Any) -> None:
        strike(victim, {})
        raise AssertionError(f"{step}: {victim} did not stop the study")

    setattr(launch, step, struck)


def main(data: Path, reports: Path, strikes: list[str]) -> None:
    """Search; at the moments that are said, strike."""
    watchdog.PATIENCE, watchdog.CHECK_EVERY = 3.0, 0.5
    victims = {moment: victim for victim, _, moment in (each.partition("@") for each in strikes)}
    for moment in OUTSIDE.keys() & victims:
        strike_in(OUTSIDE[moment], victims[moment])
    count, end_epoch = 0, Watch.end_epoch

    def end_epoch_and_strike(watch: Watch, trial: str, arm: str, point: dict[str, Any]) -> None:
        nonlocal count
        end_epoch(watch, trial, arm, point)
        print(f"epoch {arm} {point['epoch']:.0f}", flush=True)
        count += 1
        if str(count) in victims:
            strike(victims[str(count)], point)

    Watch.end_epoch = end_epoch_and_strike  # type: ignore[method-assign]
    base = RECIPES["fixed"].with_({"train.epochs": EPOCHS})
    how = SearchConfig(sampler="random", scheduler="asha")
    page.conduct(
        "killed",
        Question("Is it whole?", "Yes.", "Counting."),
        Design("search", (), ()),
        page.RunOptions(
            source=DataSource(OpenData(data), SplitSpec()),
            seeds=1,
            resources=Resources(),
            reports=reports,
            name="study",
            sweep=Sweep.of(base, SPACE, TRIALS, how),
        ),
    )


if __name__ == "__main__":
    run_experiment(main)
