"""Commands about studies: write the report, print the state, compare two studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.ledger.remarks import remarks
from rpbind.terminal import PLAIN


def report(study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")]) -> None:
    """Print a study's verdict table and write its HTML report again from the ledger.

    The headline AUROC is the mean over protein clusters; the mean over proteins is shown too.
    """
    Ledger(study).plan  # noqa: B018 - raises UserError if the folder holds no study
    from rpbind.report.build import build_report  # Plotly, SciPy
    from rpbind.report.terminal import verdict_table

    page = build_report(study)
    Console().print(verdict_table(study))
    print(f"report: {page}")


def status(study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")]) -> None:
    """Print a study's number of runs by state, the best run so far, and the runs in progress."""
    Ledger(study).plan  # noqa: B018 - raises UserError if the folder holds no study
    from rpbind.study.status import status  # scikit-learn

    for line in status(Ledger(study)).words():
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
    ledgers = [Ledger(folder) for folder in (one, other)]
    mine, theirs = [(ledger.plan, ledger.rows()) for ledger in ledgers]
    from rpbind.analysis.compare import compare  # SciPy
    from rpbind.report.terminal import comparison_table

    console = Console()
    for number, ledger in enumerate(ledgers, start=1):
        console.print(f"{number}: {ledger.plan.study}", **PLAIN)
        for remark in remarks(ledger):
            console.print(f"  ! {remark}", **PLAIN)
    console.print(comparison_table(compare(mine, theirs, arm, against)))
