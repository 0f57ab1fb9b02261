"""Checks of a search space against the recipe that it changes, before anything is drawn from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rpbind.errors import UserError, did_you_mean
from rpbind.recipe import Recipe
from rpbind.spaces.dimension import Dimension
from rpbind.spaces.dimension_base import as_text
from rpbind.spaces.numbers import FloatDimension


def is_active(dim: Dimension, drawn: Mapping[str, Any]) -> bool:
    """Whether a dimension's condition holds for the values drawn before it."""
    return dim.when is None or (dim.when.path in drawn and drawn[dim.when.path] in dim.when.values)


def check_dimension(dim: Dimension, before: tuple[Dimension, ...], recipe: Recipe) -> None:
    """Raise `UserError` if a dimension does not fit the recipe or the dimensions before it."""
    _check_order(dim, before)
    for given in _contexts(dim, before):
        try:
            _check_field(dim, recipe.with_(given).value(dim.path))
            ids = []
            for value in dim.extremes:
                made = recipe.with_({**given, dim.path: value})
                _check_unchanged(dim, value, made)
                ids.append(made.id)
            if dim.kind == "choice":
                _check_distinct(dim.values, ids)
        except UserError as error:
            raise UserError(f"dimension '{dim.name}': {error}") from None


def _check_order(dim: Dimension, before: tuple[Dimension, ...]) -> None:
    """Refuse a second dimension for a path, an unknown parent, and a field before its variant."""
    for other in before:
        if other.path == dim.path and not _are_exclusive(dim, other):
            raise UserError(f"two dimensions for {dim.path} can apply at once: remove one.")
        if other.path.startswith(f"{dim.path}."):
            raise UserError(
                f"dimension '{dim.path}' must come before '{other.path}', which is a field of it."
            )
    if dim.when is None:
        return
    parents = [other for other in before if other.path == dim.when.path]
    if not parents:
        paths = [other.path for other in before]
        raise UserError(
            f"dimension '{dim.name}' depends on '{dim.when.path}', which is no dimension before "
            f"it.{did_you_mean(dim.when.path, paths)}"
        )
    if any(isinstance(other, FloatDimension) for other in parents):
        raise UserError(
            f"dimension '{dim.name}' depends on a value of '{dim.when.path}'. That is a real "
            "number, which is never drawn exactly: depend on a choice or a whole number."
        )
    for value in dim.when.values:
        if not any(other.has(value) for other in parents):
            words = [as_text(known) for other in parents for known in other.extremes]
            raise UserError(
                f"dimension '{dim.name}' depends on {dim.when.path} = {as_text(value)}, but the "
                f"space only has {' or '.join(parent.words() for parent in parents)}."
                f"{did_you_mean(as_text(value), words)}"
            )


def _check_field(dim: Dimension, value: Any) -> None:
    """Refuse a group of hyperparameters, unless the dimension chooses between whole variants."""
    if isinstance(value, dict) and dim.kind != "choice":
        raise UserError(f"it is a group of hyperparameters: {', '.join(value)}. Name one of them.")


def _check_unchanged(dim: Dimension, value: Any, recipe: Recipe) -> None:
    """Refuse a value that is another one in the recipe: `find` could not find it again."""
    held = recipe.value(dim.path)
    if dim.find(held) is None:
        raise UserError(
            f"the recipe reads {json.dumps(value)} as {json.dumps(held)}: write the latter."
        )


def _check_distinct(values: list[Any], ids: list[str]) -> None:
    """Refuse two choices that make the same recipe: it would be drawn twice as often."""
    first: dict[str, Any] = {}
    for value, recipe_id in zip(values, ids, strict=True):
        if recipe_id in first:
            raise UserError(
                f"two of its values are the same, {as_text(first[recipe_id])} and "
                f"{as_text(value)}: name each once."
            )
        first[recipe_id] = value


def _are_exclusive(one: Dimension, other: Dimension) -> bool:
    """Whether the conditions of two dimensions never hold together."""
    a, b = one.when, other.when
    return (
        a is not None
        and b is not None
        and a.path == b.path
        and not any(value in b.values for value in a.values)
    )


def _contexts(dim: Dimension, before: tuple[Dimension, ...]) -> list[dict[str, Any]]:
    """Return the changes of the recipe under which a dimension is active.

    There is one for each value of its parent that its condition names, and an empty one without a
    condition.
    """
    if dim.when is None:
        return [{}]
    contexts = []
    for place, parent in enumerate(before):
        if parent.path == dim.when.path:
            held = [value for value in dim.when.values if parent.has(value)]
            for given in _contexts(parent, before[:place]):
                contexts += [{**given, parent.path: value} for value in held]
    return contexts
