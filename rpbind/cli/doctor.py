"""The command that examines a recipe, a model or all models of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rpbind.errors import UserError
from rpbind.exits import HAS_ERRORS as HAS_ERRORS
from rpbind.recipe.presets import PRESETS, preset


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
    from rpbind.cli import examining  # torch takes seconds to import

    has_error = False
    for title, examination in examining.examinations(subject, name, data):
        examining.print_examination(title, examination)
        has_error |= examination.has_error
    raise typer.Exit(HAS_ERRORS if has_error else 0)
