"""The configurations of a finite search space: how many there are, all of them, an untried one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Container, Iterator
from typing import Any

from rpbind.recipe import Recipe
from rpbind.spaces.check import is_active
from rpbind.spaces.dimension import Dimension
from rpbind.spaces.space import Space
from rpbind.spaces.suggesters import FixedSuggester

RANDOM_DRAWS = 1000
"""Random configurations that `untried` examines before it lists the whole space."""

ENUMERABLE = 5000
"""Largest number of configurations of a space that `untried` lists."""

ANY_OTHER = object()
"""Stands for all values of a dimension that no other dimension depends on."""


def size(space: Space) -> int | None:
    """Count the configurations of a space.

    Parameters
    ----------
    space
        The search space.

    Returns
    -------
    Their number, or None if a real number that can be drawn makes it infinite.
    """
    return _size(space.dimension, {}, _count)


def grid_size(space: Space) -> int:
    """Count the points of a space's grid without listing them.

    Parameters
    ----------
    space
        The search space.

    Returns
    -------
    The length of `space.grid()`.
    """
    return _size(space.dimension, {}, lambda dim: len(dim.grid)) or 0


def untried(space: Space, base: Recipe, tried: Container[str], seed: int) -> dict[str, Any] | None:
    """Draw a random configuration that was not tried.

    Parameters
    ----------
    space
        The search space.
    base
        Recipe that the configurations change.
    tried
        Ids of the recipes that were tried.
    seed
        Random number of the draw.

    Returns
    -------
    Its Optuna parameters, or None if all configurations were tried, or if the space is large and
    `RANDOM_DRAWS` draws found none.
    """
    generator = random.Random(seed)
    for _ in range(RANDOM_DRAWS):
        params = space.draw(generator.getrandbits(32))
        if _recipe_id(space, base, params) not in tried:
            return params
    whole = size(space)
    if whole is None or whole > ENUMERABLE:
        return None
    left = [params for params in points(space) if _recipe_id(space, base, params) not in tried]
    return generator.choice(left) if left else None


def points(space: Space) -> Iterator[dict[str, Any]]:
    """Yield the Optuna parameters of every configuration of a finite space."""
    yield from _points(space.dimension, {})


def _points(dims: tuple[Dimension, ...], drawn: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not dims:
        yield {}
    elif not is_active(dims[0], drawn):
        yield from _points(dims[1:], drawn)
    else:
        for params in dims[0].every():
            value = dims[0].suggest(FixedSuggester(params))
            for rest in _points(dims[1:], {**drawn, dims[0].path: value}):
                yield params | rest


def _count(dim: Dimension) -> int | None:
    return dim.count


def _size(
    dims: tuple[Dimension, ...], drawn: dict[str, Any], count: Callable[[Dimension], int | None]
) -> int | None:
    """Count the combinations of these dimensions' values, given the values `drawn` before.

    Only the values that a later condition names are followed one by one; the others are counted
    together, since what comes after them is the same.
    """
    if not dims:
        return 1
    dim, left = dims[0], dims[1:]
    if not is_active(dim, drawn):
        return _size(left, drawn, count)
    whole = count(dim)
    if whole is None:
        return None
    total = 0
    named = _named(dim, left) if count is _count else _on_grid(dim, _named(dim, left))
    for times, value in [*((1, value) for value in named), (whole - len(named), ANY_OTHER)]:
        rest = _size(left, {**drawn, dim.path: value}, count) if times else 0
        if rest is None:
            return None
        total += times * rest
    return total


def _named(dim: Dimension, left: tuple[Dimension, ...]) -> list[Any]:
    """Return the values of a dimension that conditions of later ones name, each once."""
    conditions = [each.when.values for each in left if each.when and each.when.path == dim.path]
    named = list(itertools.chain(*conditions))
    return [value for i, value in enumerate(named) if value not in named[:i] and dim.has(value)]


def _on_grid(dim: Dimension, values: list[Any]) -> list[Any]:
    grid = [dim.suggest(FixedSuggester(params)) for params in dim.grid]
    return [value for value in values if value in grid]


def _recipe_id(space: Space, base: Recipe, params: dict[str, Any]) -> str:
    return base.with_(space.suggest(FixedSuggester(params))).id
