"""The command that lists the hyperparameters of recipes, design changes and search spaces."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from rpbind.api.recipes import listed, variants
from rpbind.tables import Grid

SLOTS = "; ".join(f"{path}: {', '.join(kinds)}" for path, kinds in variants().items())


def hyperparameters(
    path: Annotated[
        str,
        typer.Argument(
            help=f"List only hyperparameters at or below this path. Slots with variants: {SLOTS}."
        ),
    ] = "",
) -> None:
    """List the hyperparameters: path, variant that has it, allowed values, default."""
    table = Grid("path", "variant", "values", "default")
    for one in listed(path):
        table.add_row(one.path, one.variant, one.values, one.default)
    Console().print(table)
