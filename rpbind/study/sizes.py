"""Counts and sizes of a study, checked before anything is planned, built or trained."""

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
"""Configurations of a space, with its numbers at their upper ends, whose size is looked at."""


def check_sizes(plan: Plan, sweep: Sweep | None, source: DataSource, *, on_gpu: bool) -> None:
    """Raise `UserError` where a model of a study, or of its search, does not fit this machine.

    On a GPU, a batch that does not fit goes through the model in pieces.
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
    """Yield the recipes that will be trained, each under a name; of a search, its largest ones."""
    for arm in (*plan.arms, *plan.controls):
        yield f"The arm '{arm.name}'", Recipe.model_validate(arm.recipe)
    if sweep is None:
        return
    for name, recipe in sweep.arms.items():
        yield f"The search of '{name}' begins with", recipe
        for seed in range(DRAWN):
            with suppress(UserError):  # what does not go together is no trial
                drawn = recipe.with_(sweep.space.suggest(_Largest(seed)))
                yield "A configuration of the space", drawn


class _Largest:
    """Answers like an Optuna trial: numbers at their upper ends, choices at random."""

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
