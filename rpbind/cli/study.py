"""Commands about studies: print the verdicts and write the page again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind.report.build import build_report
from rpbind.report.terminal import verdict_table


def report(study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")]) -> None:
    """Print a study's verdict table and write its HTML page again from the ledger."""
    page = build_report(study)
    Console().print(verdict_table(study))
    print(f"report: {page}")
