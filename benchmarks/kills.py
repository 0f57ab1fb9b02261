"""Strikes a study on Ray at random moments, and starts it again.

    python benchmarks/kills.py --kills 20 --seed 0
    python benchmarks/kills.py --kills 12 --seed 0 --search

Without --search, the driver of a small simulated ablation (2 arms x 2 seeds, 2 epochs) is killed by
SIGKILL. With it, a search (16 random trials of 4 epochs, every other one pruned by asha) is struck,
at random: its driver by SIGKILL or SIGTERM, or by SIGKILL a trial's process or Ray's node daemon;
where that is not there at the moment, nothing is, and the row says so.

It is run once without interruption. Then it is run as often as said, each time in a new folder: it
is struck at a moment that is uniform over as long as the first one took (or a later one that had
ended by then), and it is run again to its end. Prints a Markdown table row for every strike: the
second, what was struck, what the folder said right after it, and whether the end is as it should
be. Of an ablation, and of a search that nothing
prunes: the final table is that of the first study. Of every search: each trial ends once in the
ledger and in Optuna's storage, in which none is left running or waiting.
"""

import importlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import optuna
import typer

from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.design.design import Design, arm
from rpbind.design.plan import make_plan
from rpbind.design.question import Question
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.experiment import conduct
from rpbind.ledger import ContrastPlan, Ledger, Row
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD
from rpbind.report.build import build_report
from rpbind.run.resources import Resources
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.storage import open_storage
from rpbind.search.trials import was_interrupted
from rpbind.spaces.space import Space
from rpbind.study.launch import launch
from rpbind.study.options import RunOptions
from rpbind.study.status import status
from rpbind.train.opened import OpenData

QUESTION = Question("Is it the same?", "Yes.", "Equality.")
SMALL = {"train.epochs": 2, "train.batch_size": 16}
RATES = {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2, "log": True}
SPACE = Space.model_validate({"about": "Rates.", "dimension": [RATES]})
TRIALS = 16
ENDED = "nothing: it had ended"
VICTIMS = ("driver", "term", "trial", "node")


@dataclass(frozen=True)
class Driver:
    """How a study is run: an ablation, or a search with a scheduler."""

    scheduler: str | None = None

    def start(self, study: Path) -> subprocess.Popen[bytes]:
        """Start the driver of a study."""
        how = [] if self.scheduler is None else ["--scheduler", self.scheduler]
        command = [sys.executable, __file__, "--drive", str(study), *how]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self, study: Path) -> None:
        """Run the study to its end."""
        if code := self.start(study).wait():
            raise RuntimeError(f"{study} ended with exit code {code}")


def main(
    kills: int = 20,
    seed: int = 0,
    search: Annotated[bool, typer.Option("--search")] = False,
    drive: Annotated[Path | None, typer.Option(hidden=True)] = None,
    scheduler: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Strike and start again; with `drive` be the driver of that study."""
    if drive is not None:
        return run(drive) if scheduler is None else run_search(drive, scheduler)
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_world(root / "world")
        began = time.monotonic()
        Driver("none" if search else None).finish(root / "whole")
        lasts = time.monotonic() - began
        whole = table(root / "whole")
        print(f"uninterrupted: {lasts:.0f} s", file=sys.stderr)
        for number in range(kills):
            study = root / f"study-{number}"
            after = draw.uniform(0, lasts)
            victim = draw.choice(VICTIMS) if search else "driver"
            driver = Driver(("none", "asha")[number % 2] if search else None)
            began = time.monotonic()
            struck = strike(driver.start(study), after, victim)
            if struck == ENDED:  # the machine has become faster: the later moments are earlier
                lasts = min(lasts, time.monotonic() - began)
            said = found(study)
            driver.finish(study)
            wrong = [] if driver.scheduler is None else uncounted(study)
            if driver.scheduler == "asha":
                end = "; ".join(wrong) or "each trial once, pruned by asha"
            else:
                end = "; ".join(wrong) or ("the same" if table(study) == whole else "DIFFERS")
            print(f"| {number + 1} | {after:.1f} | {struck} | {said} | {end} |", flush=True)
    return None


def strike(driver: subprocess.Popen[bytes], after: float, victim: str) -> str:
    """Strike a victim after so many seconds, wait for the driver's end, and say what was struck."""
    try:
        driver.wait(timeout=after)
    except subprocess.TimeoutExpired:
        struck = _struck(driver, victim)
        code = driver.wait()
        return f"{struck}, exit code {code}"
    return ENDED


def _struck(driver: subprocess.Popen[bytes], victim: str) -> str:
    if victim in ("driver", "term"):
        driver.send_signal(signal.SIGKILL if victim == "driver" else signal.SIGTERM)
        return victim
    name = {"trial": "ray::ImplicitFunc", "node": "raylet"}[victim]
    # never in the driver, which imports Ray after its settings are made
    importlib.import_module("ray")  # brings psutil along
    psutil = importlib.import_module("psutil")
    mine = psutil.Process(driver.pid).children(recursive=True)
    there = [each for each in mine if each.name().startswith(name[:15])]
    if not there:
        return f"nothing: no {victim} yet"
    there[0].kill()
    return victim


def found(study: Path) -> str:
    """Say what a study's folder tells."""
    try:
        stands = status(Ledger(study))
    except UserError:
        return "no plan yet"
    told = [f"{count} {state}" for state, count in stands.states.items()]
    told += [f"{count} trials {state}" for state, count in stands.trials.items()]
    page = ["page written"] if (study / "index.html").exists() else []
    return ", ".join(told + page) or "nothing ended"


def table(study: Path) -> object:
    """Return what the final table is made of: every run's row without times, and how often."""
    ledger = Ledger(study)
    done = [row for row in ledger.attempts() if row.state == "done" and row.stage == "ablation"]
    assert max(Counter(row.run for row in done).values()) == 1
    return [substance(row) for row in ledger.rows("search") + ledger.rows()]


def substance(row: Row) -> object:
    """Return a row without times, places and the number of its attempt."""
    return row.model_dump(exclude={"cost", "provenance", "ended", "attempt"})


def uncounted(study: Path) -> list[str]:
    """Say what is wrong with the ends of a search's trials, in its ledger and in its storage."""
    told = [row for row in Ledger(study).attempts() if row.stage == "search"]
    ends = Counter(row.arm for row in told if not was_interrupted(row))
    trials = optuna.load_study(study_name="search", storage=open_storage(None, study)).trials
    counted = Counter(
        t.user_attrs.get("arm", "?") for t in trials if "interrupted" not in t.user_attrs
    )
    open_ones = [t.number for t in trials if not t.state.is_finished()]
    wrong = [f"TRIALS {open_ones} ARE OPEN"] if open_ones else []
    for where, counts in (("THE LEDGER", ends), ("THE STORAGE", counted)):
        if len(counts) != TRIALS or set(counts.values()) != {1}:
            wrong.append(f"{where} COUNTS {dict(counts)}")
    return wrong


def make_world(folder: Path) -> None:
    """Simulate the small world with its protein vectors."""
    dataset = simulate(folder, World(proteins=4, sites=20, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)


def run(study: Path) -> None:
    """Drive the ablation and write its page."""
    arms = tuple(arm(name, narrowed(recipe, 16).with_(SMALL), "")
                 for name, recipe in (("old", OLD), ("fixed", FIXED)))  # fmt: skip
    contrasts = (ContrastPlan(name="fix", arm="fixed", reference="old"),)
    source = DataSource(OpenData(study.parent / "world"), SplitSpec())
    plan = make_plan("kills", QUESTION, Design("pair", arms, contrasts), (0, 1), source)
    launch(plan, source, Resources(), study)
    build_report(study)


def run_search(study: Path, scheduler: str) -> None:
    """Drive the search and write its page."""
    base = narrowed(FIXED, 16).with_(SMALL | {"train.epochs": 4})
    how = SearchConfig(sampler="random", scheduler=scheduler)
    options = RunOptions(
        source=DataSource(OpenData(study.parent / "world"), SplitSpec()),
        seeds=1,
        resources=Resources(),
        reports=study.parent,
        name=study.name,
        sweep=Sweep.of(base, SPACE, TRIALS, how),
    )
    conduct("kills", QUESTION, Design("search", (), ()), options)


if __name__ == "__main__":
    typer.run(main)
