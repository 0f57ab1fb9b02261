"""A warm start: configurations that are known to be good, with which a search begins.

They are tried again under the search's own conditions: no value of another study is believed, since
its data, split, seeds or code may differ. What the search could not make is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rpbind.errors import UserError, did_you_mean
from rpbind.ledger import Ledger
from rpbind.ledger.trials import searches
from rpbind.recipe import Recipe
from rpbind.recipe.presets import PRESETS, narrowed, read_recipe
from rpbind.spaces.space import Space
from rpbind.spaces.suggesters import FixedSuggester

BEST = 5
"""Configurations that are taken from an earlier study."""


SET_BY_OPTIONS = ("train.epochs", "proteins")
"""Fields that a search sets for all its trials (--epochs, --proteins), whatever it begins with."""

NAMED = 5
"""So many fields are named of those in which a configuration differs."""


def warm_start(
    names: Sequence[str], space: Space, base: Recipe, narrower: int = 1
) -> tuple[dict[str, Any], ...]:
    """Return what Optuna is told for each: a preset, a recipe's file, or a study's folder.

    The widths of a preset are divided by `narrower`, as those of the base have been. Raises
    `UserError` where one is none of these, or is no configuration of the search: of an earlier
    study such trials are passed over, unless all of them are.
    """
    points: list[dict[str, Any]] = []
    for name in names:
        path = Path(name)
        if name not in PRESETS and not path.exists():
            raise UserError(
                f"--warm-start takes a preset ({', '.join(PRESETS)}), a recipe's file or a study's "
                f"folder, and there is no '{name}' of any kind.{did_you_mean(name, PRESETS)}"
            )
        if name not in PRESETS and path.is_dir():
            points += _earlier(path, space, base)
            continue
        recipe = narrowed(PRESETS[name], narrower) if name in PRESETS else read_recipe(path)
        try:
            points.append(_found(recipe, space, base))
        except UserError as error:
            raise UserError(f"--warm-start {name}: {error}") from None
    return tuple(point for i, point in enumerate(points) if point not in points[:i])


def _found(recipe: Recipe, space: Space, base: Recipe) -> dict[str, Any]:
    """Return the point of a space that is this recipe around the base."""
    point = space.find(recipe)
    made = base.with_(space.suggest(FixedSuggester(point)))
    if left := [path for path in made.diff(recipe) if path not in SET_BY_OPTIONS]:
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        raise UserError(
            f"It differs from the base in {', '.join(left[:NAMED])}{more}, which the space does "
            "not search, so the search would begin with another configuration. Take it as --base, "
            "or a --space that has these."
        )
    return point


def _earlier(study: Path, space: Space, base: Recipe) -> list[dict[str, Any]]:
    """The best configurations of an earlier study's searches that this search can make."""
    ledger = Ledger(study)
    points: list[dict[str, Any]] = []
    outside = ""
    for search in searches(ledger.plan, ledger.rows("search")):
        up = 1 if search.objective.mode == "max" else -1
        whole = [(up * t.value, t.rows[0]) for t in search.distinct if t.value is not None]
        for _, row in sorted(whole, key=lambda pair: -pair[0]):
            try:
                points.append(_found(Recipe.from_record(row.recipe, row.arm), space, base))
            except UserError as error:
                outside = str(error)
    if not points:
        raise UserError(
            f"--warm-start {study} has no whole trial that this search could make. "
            f"{outside}".rstrip()
        )
    return points[:BEST]
