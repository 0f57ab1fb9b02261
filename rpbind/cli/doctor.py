"""The command that asks whether a model is alive: a recipe, a model file, or a whole study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rpbind.errors import UserError
from rpbind.recipe.presets import PRESETS

SICK = 4
"""Exit code where a finding is an error."""


def doctor(
    what: Annotated[
        Path | None,
        typer.Argument(help="Recipe (.json, .toml), model file (RUN.pt) or study folder."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--preset", help=f"Instead of a file: {', '.join(PRESETS)}.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Dataset folder; without it, a simulated world.")
    ] = None,
) -> None:
    """Say whether a model is alive; exits with 4 where a finding is an error."""
    if (what is None) == (name is None):
        raise UserError("Name one patient: a recipe, model file or study folder, or --preset NAME.")
    from rpbind.cli import examining  # torch takes seconds to import

    sick = False
    for title, seen in examining.patients(what, name, data):
        examining.say(title, seen)
        sick |= seen.sick
    raise typer.Exit(SICK if sick else 0)
