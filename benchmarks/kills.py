"""Kills the driver of a study on Ray (SIGKILL) at random moments, and starts it again.

    python benchmarks/kills.py --kills 20 --seed 0

A small simulated study (2 arms x 2 seeds, 2 epochs) is run once without interruption. Then it is
run as often as said, each time in a new folder: its driver is killed at a moment that is uniform
over as long as the first one took, and it is run again to its end. Prints a Markdown table row for
every kill: the second, what the folder said right after it, and whether the final table is that of
the first study.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError
from rpbind.ledger import ContrastPlan, Ledger, Row
from rpbind.presets import FIXED, OLD, narrowed
from rpbind.proteins.bank import build_bank
from rpbind.proteins.encoders import make_encoder
from rpbind.report.build import build_report
from rpbind.study.design import Design, arm
from rpbind.study.launch import launch
from rpbind.study.plan import Question, Source, make_plan
from rpbind.study.status import status
from rpbind.study.where import Where


def main(
    kills: int = 20,
    seed: int = 0,
    drive: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Kill and start again; with `drive` be the driver of that study."""
    if drive is not None:
        return run(drive)
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_world(root / "world")
        began = time.monotonic()
        finish(root / "whole")
        lasts = time.monotonic() - began
        whole = table(root / "whole")
        print(f"uninterrupted: {lasts:.0f} s", file=sys.stderr)
        for number in range(kills):
            study = root / f"study-{number}"
            after = draw.uniform(0, lasts)
            found = kill(study, after)
            finish(study)
            same = "the same" if table(study) == whole else "DIFFERS"
            print(f"| {number + 1} | {after:.1f} | {found} | {same} |", flush=True)
    return None


def kill(study: Path, after: float) -> str:
    """Start the driver, kill it after so many seconds, and say what its folder tells then."""
    driver = subprocess.Popen([sys.executable, __file__, "--drive", str(study)],
                              stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        driver.wait(timeout=after)
        ended = "ended by itself: "
    except subprocess.TimeoutExpired:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        ended = ""
    try:
        states = status(Ledger(study)).states
    except UserError:
        return ended + "no plan yet"
    page = ", page written" if (study / "index.html").exists() else ""
    return ended + ", ".join(f"{count} {state}" for state, count in states.items()) + page


def finish(study: Path) -> None:
    """Run the study to its end."""
    subprocess.run([sys.executable, __file__, "--drive", str(study)], check=True,
                   stderr=subprocess.DEVNULL)  # fmt: skip


def table(study: Path) -> object:
    """Return what the final table is made of: every run's row without times, and how often."""
    ledger = Ledger(study)
    done = [row for row in ledger.attempts() if row.state == "done" and row.stage == "ablation"]
    assert max(Counter(row.run for row in done).values()) == 1
    return [substance(row) for row in ledger.rows()]


def substance(row: Row) -> object:
    """Return a row without times, places and the number of its attempt."""
    return row.model_dump(exclude={"cost", "provenance", "ended", "attempt"})


def make_world(folder: Path) -> None:
    """Simulate the small world with its protein vectors."""
    dataset = simulate(folder, World(proteins=4, sites=20, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_bank(folder / "bank", make_encoder("physchem"), sequences)


def run(study: Path) -> None:
    """Drive the study and write its page."""
    small = {"train.epochs": 2, "train.batch_size": 16}
    arms = tuple(arm(name, narrowed(recipe, 16).with_(small), "")
                 for name, recipe in (("old", OLD), ("fixed", FIXED)))  # fmt: skip
    contrasts = (ContrastPlan(name="fix", arm="fixed", reference="old"),)
    source = Source(study.parent / "world", SplitSpec())
    asked = Question("Is it the same?", "Yes.", "Equality.")
    plan = make_plan("kills", asked, Design("pair", arms, contrasts), (0, 1), source)
    launch(plan, source, Where(), study)
    build_report(study)


if __name__ == "__main__":
    typer.run(main)
