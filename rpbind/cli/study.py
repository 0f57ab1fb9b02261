"""Commands about studies: write the report, print the state, compare two studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind.api import compare as comparing
from rpbind.api import watching
from rpbind.api.study import open_study
from rpbind.errors import UserError
from rpbind.terminal import PLAIN


def report(
    study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")],
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Write the page again as runs end, until the study ends."),
    ] = False,
) -> None:
    """Print a study's verdict table and write its HTML report again from the ledger.

    The headline AUROC is the mean over protein clusters; the mean over proteins is shown too.
    """
    opened = open_study(study)
    page = watching.watch(opened) if watch else opened.report()
    Console().print(opened)
    print(f"report: {page}")


def status(study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")]) -> None:
    """Print a study's number of runs by state, the best run so far, and the runs in progress."""
    for line in open_study(study).status().words():
        Console().print(line, **PLAIN)


def compare(
    one: Annotated[Path, typer.Argument(help="Folder of the first study.")],
    other: Annotated[Path, typer.Argument(help="Folder of the second study.")],
    arm: Annotated[
        str | None,
        typer.Option(help="Arm of the first study (default: every arm that both studies have)."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Arm of the second study (default: the same as --arm).")
    ] = None,
) -> None:
    """Compare arms of two studies, paired by seed; both must have the same test windows."""
    if against is not None and arm is None:
        raise UserError(
            f"--against {against} names an arm of the second study, and --arm, the arm of the "
            "first study, is missing. Give both or neither."
        )
    mine, theirs = open_study(one), open_study(other)
    console = Console()
    for number, study in enumerate((mine, theirs), start=1):
        console.print(f"{number}: {study.name}", **PLAIN)
        for note in study.notes:
            console.print(f"  ! {note}", **PLAIN)
    console.print(comparing.compare(mine, theirs, arm, against))
