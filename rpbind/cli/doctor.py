"""The command that examines a recipe, a model or all models of a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console

from rpbind.api.recipes import PRESETS, preset
from rpbind.errors import UserError
from rpbind.exits import HAS_ERRORS as HAS_ERRORS
from rpbind.tables import Grid
from rpbind.terminal import PLAIN

if TYPE_CHECKING:
    from rpbind.api.doctor import Diagnosis

STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def doctor(
    subject: Annotated[
        Path | None,
        typer.Argument(help="Recipe (.json, .toml), model folder or study folder."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--preset", help=f"Examine a preset instead of a file: {', '.join(PRESETS)}."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Dataset folder (default: a simulated world).")
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Run the code of classes that the model's author has brought (read it).",
        ),
    ] = False,
) -> None:
    """Test whether a model's logits react to each input, gradients arrive and it can fit a batch.

    Exits with 4 if a finding is an error.
    """
    if (subject is None) == (name is None):
        given = "neither" if subject is None else "both"
        raise UserError(
            "rpbind doctor examines either a recipe, model or study folder, or --preset NAME; "
            f"got {given}. Give exactly one of them."
        )
    if name is not None:
        preset(name)
    from rpbind.api import doctor as room  # also imports what reads trained models

    has_error = False
    chosen = name if subject is None else subject
    for diagnosis in room.diagnoses(chosen or "", data, trust=trust):
        _print(diagnosis)
        has_error |= diagnosis.has_error
    raise typer.Exit(HAS_ERRORS if has_error else 0)


def _print(diagnosis: Diagnosis) -> None:
    """Print one model's measures and findings."""
    console = Console()
    if diagnosis.about:
        console.print(diagnosis.about, **PLAIN)
        console.print(_original(diagnosis))
    shown = Grid(title=diagnosis.model, title_justify="left", box=SIMPLE_HEAD)
    shown.add_column("measure")
    shown.add_column("value", justify="right")
    for words, number in diagnosis.measures().items():
        shown.add_row(words, f"{number:.3g}")
    console.print(shown)
    if not diagnosis.findings:
        console.print("No findings.", style="green", **PLAIN)
    for one in diagnosis.findings:
        value, limit = ("–" if n is None else f"{n:.3g}" for n in (one.measured, one.threshold))
        console.print(f"{one.severity}: {one.name}", style=STYLES[one.severity], **PLAIN)
        console.print(f"  measured {value}, threshold {limit} ({one.reason})", **PLAIN)
        console.print(f"  {one.advice}", **PLAIN)


def _original(diagnosis: Diagnosis) -> Grid:
    """Return the table of the original model, with our measures."""
    stated = diagnosis.stated
    title = "The table of the original model, measured"
    shown = Grid(title=title, title_justify="left", box=SIMPLE_HEAD)
    for column in ("quantity", "measured here", *(["original document"] if stated else []), "how"):
        shown.add_column(column)
    for number, line in enumerate(diagnosis.original):
        shown.add_row(line.quantity, line.value, *([stated[number]] if stated else []), line.how)
    return shown
