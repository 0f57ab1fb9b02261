"""Checks that the models of a study fit into memory, before anything is built or trained."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.model.size import COPIES_TRAINED, check_fits
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep

DRAWN = 50
"""Configurations of a space that are checked, with all numbers at their upper ends."""


def check_sizes(plan: Plan, sweep: Sweep | None, source: DataSource, *, on_gpu: bool) -> None:
    """Check that every model of a study and of its searches fits into this machine's memory.

    Parameters
    ----------
    plan
        The plan of the study.
    sweep
        Its searches, if it has any.
    source
        The dataset and its split.
    on_gpu
        Whether runs use a GPU. Then a batch that does not fit is divided, and is not checked here.

    Raises
    ------
    UserError
        If a model is too large; the message names the arm or search.
    """
    windows = len(source.parts.indices("train"))
    length = source.opened.dataset.rna_NL.shape[1]
    for name, recipe in _recipes(plan, sweep):
        width = source.opened.embeddings(recipe.proteins).width
        batch = 0 if on_gpu else min(recipe.train.batch_size, windows)
        try:
            check_fits(recipe.model, width=width, length=length, copies=COPIES_TRAINED, batch=batch)
        except UserError as error:
            raise UserError(f"{name}: {error}") from None


def _recipes(plan: Plan, sweep: Sweep | None) -> Iterator[tuple[str, Recipe]]:
    """Yield (name, recipe) of all arms, and of large configurations of each search."""
    for arm in (*plan.arms, *plan.controls):
        yield f"The arm '{arm.name}'", Recipe.model_validate(arm.recipe)
    if sweep is None:
        return
    for name, recipe in sweep.arms.items():
        yield f"The search of '{name}' begins with", recipe
        for seed in range(DRAWN):
            with suppress(UserError):  # an invalid combination is no trial
                drawn = recipe.with_(sweep.space.suggest(_Largest(seed)))
                yield "A configuration of the space", drawn


class _Largest:
    """Stands in for an Optuna trial: numbers are at their upper ends, choices are random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        return high

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        return high

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        return self.random.choice(choices)
