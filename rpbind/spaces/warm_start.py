"""A warm start: good configurations that are known already become a search's first trials.

They are trained again. Scores of another study are not taken over, because its data, split, seeds
or code may differ. A configuration outside the search space is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rpbind.errors import UserError, did_you_mean
from rpbind.ledger import Ledger
from rpbind.ledger.search_results import searches
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.spaces.space import Space
from rpbind.spaces.suggesters import FixedSuggester

BEST = 5
"""Number of configurations that are taken from an earlier study."""


SET_BY_OPTIONS = ("train.epochs", "proteins")
"""Fields that --epochs and --proteins set for all trials; a warm start may differ in them."""

NAMED = 5
"""An error names at most this many of the fields in which a configuration differs."""


def warm_start(
    names: Sequence[str], space: Space, base: Recipe, narrower: int = 1
) -> tuple[dict[str, Any], ...]:
    """Find the configurations of a search that presets, recipe files and earlier studies name.

    Parameters
    ----------
    names
        Presets, recipe files, or folders of studies. The best configurations of a study are taken,
        without those that this search cannot make.
    space
        The search space.
    base
        Recipe around which is searched, its widths already divided by `narrower`.
    narrower
        Divisor of the presets' widths.

    Returns
    -------
    The Optuna parameters of each configuration, without repeats.

    Raises
    ------
    UserError
        If a name is none of these, or the search can make none of its configurations.
    """
    points: list[dict[str, Any]] = []
    for name in names:
        path = Path(name)
        if name not in PRESETS and not path.exists():
            raise UserError(
                f"--warm-start takes a preset ({', '.join(PRESETS)}), a recipe's file or a study's "
                f"folder; '{name}' is none of these.{did_you_mean(name, PRESETS)}"
            )
        if name not in PRESETS and path.is_dir():
            points += _best_of_study(path, space, base)
            continue
        recipe = narrowed(PRESETS[name], narrower) if name in PRESETS else read_recipe(path)
        try:
            points.append(_point_of(recipe, space, base))
        except UserError as error:
            raise UserError(f"--warm-start {name}: {error}") from None
    return tuple(point for i, point in enumerate(points) if point not in points[:i])


def _point_of(recipe: Recipe, space: Space, base: Recipe) -> dict[str, Any]:
    """Return the Optuna parameters that turn the base into this recipe."""
    point = space.find(recipe)
    made = base.with_(space.suggest(FixedSuggester(point)))
    if left := [path for path in made.diff(recipe) if path not in SET_BY_OPTIONS]:
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        raise UserError(
            f"It differs from the base in {', '.join(left[:NAMED])}{more}, which the space does "
            "not search. Take it as --base, or take a --space that searches these."
        )
    return point


def _best_of_study(study: Path, space: Space, base: Recipe) -> list[dict[str, Any]]:
    """Return the best configurations of an earlier study that this search can make."""
    ledger = Ledger(study)
    points: list[dict[str, Any]] = []
    reason = ""
    for search in searches(ledger.plan, ledger.rows("search")):
        up = 1 if search.objective.mode == "max" else -1
        whole = [(up * t.value, t.rows[0]) for t in search.distinct if t.value is not None]
        for _, row in sorted(whole, key=lambda pair: -pair[0]):
            try:
                points.append(_point_of(Recipe.from_record(row.recipe, row.arm), space, base))
            except UserError as error:
                reason = str(error)
    if not points:
        raise UserError(
            f"--warm-start {study} has no complete trial that this search could make. "
            f"{reason}".rstrip()
        )
    return points[:BEST]
