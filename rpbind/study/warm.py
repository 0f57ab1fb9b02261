"""A warm start: configurations that are known to be good, with which a search begins.

They are tried again under the search's own conditions: no value of another study is believed, since
its data, split, seeds or code may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rpbind.analysis.search import searches
from rpbind.errors import UserError, nearest
from rpbind.ledger import Ledger
from rpbind.presets import PRESETS, preset, read_recipe
from rpbind.recipe import Recipe
from rpbind.study.space import Space

BEST = 5
"""Configurations that are taken from an earlier study."""


def warm_start(names: Sequence[str], space: Space) -> tuple[dict[str, Any], ...]:
    """Return what Optuna is told for each: a preset, a recipe's file, or a study's folder.

    Raises `UserError` where one is none of these, or lies outside of the space; of an earlier study
    what lies outside is passed over, unless all of it does.
    """
    points: list[dict[str, Any]] = []
    for name in names:
        path = Path(name)
        if name in PRESETS:
            points.append(_found(preset(name), name, space))
        elif not path.exists():
            raise UserError(
                f"--warm-start takes a preset ({', '.join(PRESETS)}), a recipe's file or a study's "
                f"folder, and there is no '{name}' of any kind.{nearest(name, PRESETS)}"
            )
        elif path.is_dir():
            points += _earlier(path, space)
        else:
            points.append(_found(read_recipe(path), name, space))
    return tuple(point for i, point in enumerate(points) if point not in points[:i])


def _found(recipe: Recipe, name: str, space: Space) -> dict[str, Any]:
    try:
        return space.find(recipe)
    except UserError as error:
        raise UserError(f"--warm-start {name}: {error}") from None


def _earlier(study: Path, space: Space) -> list[dict[str, Any]]:
    """The best configurations of an earlier study's searches that the space holds."""
    ledger = Ledger(study)
    points: list[dict[str, Any]] = []
    outside = ""
    for search in searches(ledger.plan, ledger.rows("search")):
        up = 1 if search.objective.mode == "max" else -1
        whole = [(up * t.value, t.rows[0]) for t in search.trials if t.value is not None]
        for _, row in sorted(whole, key=lambda pair: -pair[0]):
            try:
                points.append(space.find(Recipe.model_validate(row.recipe)))
            except UserError as error:
                outside = str(error)
    if not points:
        raise UserError(f"--warm-start {study} has no whole trial in this space. {outside}")
    return points[:BEST]
