"""The command that trains one recipe without a comparison."""

from __future__ import annotations

from typing import Annotated

import typer

import rpbind as rb
from rpbind.api.recipes import load_recipe
from rpbind.api.train import one_recipe


@rb.as_command(data_first=True, seeds=1)
def train(
    recipe: Annotated[str, typer.Option(help="Preset, or recipe file (TOML, JSON).")] = "fixed",
) -> rb.StudySpec:
    """Train one recipe, print its metrics and findings, and write models and a report.

    The models are folders in reports/STUDY/runs, for rpbind predict, evaluate, explain and export.
    """
    load_recipe("--recipe", recipe)  # a message about it names the option
    return one_recipe(recipe)
