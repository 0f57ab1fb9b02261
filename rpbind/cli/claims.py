"""The command that verifies a claim card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind import claims_api
from rpbind.exits import DIFFERS
from rpbind.terminal import PLAIN


def verify(
    claim: Annotated[Path, typer.Argument(help="Claim card, reports/STUDY/claims/CLAIM.json.")],
    study: Annotated[
        Path | None,
        typer.Option(help="Study folder (default: the one whose folder claims has the card)."),
    ] = None,
    retrain: Annotated[
        int,
        typer.Option(
            min=0, help="Also train the arms again with so many seeds, and compare the bits."
        ),
    ] = 0,
    data: Annotated[
        Path | None,
        typer.Option(help="Dataset folder, if it is no longer where the study was run."),
    ] = None,
) -> None:
    """Recompute a claim from its study's ledger, and say "reproduced" or what differs.

    Nothing is written to the study. The exit code is 5 if anything differs.
    """
    found = claims_api.verify(claim, study, retrain=retrain, data=data)
    for line in found.lines():
        Console().print(line, **PLAIN)
    if not found.is_reproduced:
        raise typer.Exit(DIFFERS)
