"""Commands about studies: their verdicts and page, where they stand, two side by side."""

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
    """Print a study's verdict table and write its HTML page again from the ledger.

    The headline is the mean over protein clusters of AUROC; the mean over proteins stands beside.
    """
    Ledger(study).plan  # noqa: B018 - says so where the folder holds no study
    from rpbind.report.build import build_report  # Plotly, SciPy
    from rpbind.report.terminal import verdict_table

    page = build_report(study)
    Console().print(verdict_table(study))
    print(f"report: {page}")


def status(study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")]) -> None:
    """Say where a study stands: runs by state, the best so far, and what is being made."""
    Ledger(study).plan  # noqa: B018 - says so where the folder holds no study
    from rpbind.study.status import status  # scikit-learn

    for line in status(Ledger(study)).words():
        Console().print(line, **PLAIN)


def compare(
    one: Annotated[Path, typer.Argument(help="Study folder.")],
    other: Annotated[Path, typer.Argument(help="Study folder that it is compared with.")],
    arm: Annotated[
        str | None, typer.Option(help="An arm of the first; all shared without.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="An arm of the second; --arm's name.")] = None,
) -> None:
    """Compare arms of two studies that were tested on the same windows, paired by seed."""
    if against is not None and arm is None:
        raise UserError(
            f"--against {against} is compared with the arm of the first study that --arm names: "
            "give --arm too, or leave both out."
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
