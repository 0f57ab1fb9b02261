"""Commands about studies: write the report, print the state, compare two studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind import findings_api, reports_api
from rpbind.api import compare as comparing
from rpbind.api import watching
from rpbind.api.study import open_study
from rpbind.errors import UserError
from rpbind.terminal import PLAIN
from rpbind.verbosity import tell


def report(
    studies: Annotated[
        list[Path],
        typer.Argument(metavar="STUDY...", help="Study folder, reports/STUDY; or several."),
    ],
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Write the page again as runs end, until the study ends."),
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Print the tables as md, latex, csv (one --table) or json instead.",
        ),
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="With --format, this table alone, such as verdicts.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="With --format, write to this file; for csv, to a folder of files. The page of "
            "several studies (default: side-by-side-STUDIES.html beside the first)."
        ),
    ] = None,
) -> None:
    """Print a study's verdict table and write its HTML report again from the ledger.

    Several studies are put side by side on one page: plans, verdicts, and differences of arms.

    The headline AUROC is the mean over protein clusters; the mean over proteins is shown too.
    """
    if len(studies) > 1:
        options = {"--watch": watch, "--format": form, "--table": table}
        if given := [name for name, value in options.items() if value]:
            raise UserError(f"{given[0]} is for one study, and {len(studies)} are given.")
        found = reports_api.side_by_side(studies, out)
        for line in found.lines:
            Console().print(line, **PLAIN)
        print(f"report: {found.page}")
        return
    (study,) = studies
    if form is not None:
        if watch:
            raise UserError("--watch writes the page; leave it out with --format.")
        if out is None:
            print(findings_api.tables_text(study, form, table), end="")
            return
        for file in findings_api.write_tables(study, form, out, table):
            tell(f"written: {file}")
        return
    if given := [name for name, one in (("--table", table), ("--out", out)) if one is not None]:
        raise UserError(f"{given[0]} has no effect without --format. Add --format md, for example.")
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
