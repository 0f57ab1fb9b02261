"""The points of a finite search space: how many there are, each of them, one that is not tried."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Container, Iterator
from typing import Any

from rpbind.recipe import Recipe
from rpbind.spaces.choices import ChoiceDimension
from rpbind.spaces.dimension import Dimension
from rpbind.spaces.numbers import FloatDimension, IntDimension
from rpbind.spaces.ranges import is_in_range
from rpbind.spaces.space import Space, is_active
from rpbind.spaces.suggesters import FixedSuggester

RANDOM_DRAWS = 1000
"""Configurations that are drawn at random for one that is not tried, before all are looked at."""

ENUMERABLE = 5000
"""A space of no more points than this is looked at as a whole."""

ANY_OTHER = object()
"""Stands for all values of a dimension that no other dimension depends on."""


def size(space: Space) -> int | None:
    """Return how many configurations a space has; None where a number of it is continuous."""
    return _size(space.dimension, {}, _count)


def grid_size(space: Space) -> int:
    """Return how many points a space's grid has, without making them."""
    return _size(space.dimension, {}, lambda dim: len(dim.grid)) or 0


def untried(space: Space, base: Recipe, tried: Container[str], seed: int) -> dict[str, Any] | None:
    """Return the parameters of a configuration whose recipe's id is not in `tried`, at random.

    None where none was found: all are tried, or nearly all of a large space.
    """
    dice = random.Random(seed)
    for _ in range(RANDOM_DRAWS):
        params = space.draw(dice.getrandbits(32))
        if _recipe(space, base, params) not in tried:
            return params
    whole = size(space)
    if whole is None or whole > ENUMERABLE:
        return None
    left = [params for params in points(space) if _recipe(space, base, params) not in tried]
    return dice.choice(left) if left else None


def points(space: Space) -> Iterator[dict[str, Any]]:
    """Yield every point of a finite space, as the parameters that Optuna would hold for it."""
    yield from _points(space.dimension, {})


def _points(dims: tuple[Dimension, ...], drawn: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not dims:
        yield {}
    elif not is_active(dims[0], drawn):
        yield from _points(dims[1:], drawn)
    else:
        for params in _all(dims[0]):
            value = dims[0].ask(FixedSuggester(params))
            for rest in _points(dims[1:], {**drawn, dims[0].path: value}):
                yield params | rest


def _all(dim: Dimension) -> Iterator[dict[str, Any]]:
    if isinstance(dim, ChoiceDimension):
        yield from dim.grid
    elif isinstance(dim, IntDimension):
        yield from ({dim.name: value} for value in range(dim.low, dim.high + 1, dim.step))
    elif not isinstance(dim, FloatDimension):
        widths = range(dim.width[0], dim.width[1] + 1)
        for depth in range(dim.depth[0], dim.depth[1] + 1):
            for layers in itertools.product(widths, repeat=depth):
                yield dim.find(list(layers)) or {}


def _count(dim: Dimension) -> int | None:
    if isinstance(dim, FloatDimension):
        return None
    if isinstance(dim, ChoiceDimension):
        return len(dim.values)
    if isinstance(dim, IntDimension):
        return len(range(dim.low, dim.high + 1, dim.step))
    widths = dim.width[1] - dim.width[0] + 1
    return sum(widths**depth for depth in range(dim.depth[0], dim.depth[1] + 1))


def _size(
    dims: tuple[Dimension, ...], drawn: dict[str, Any], count: Callable[[Dimension], int | None]
) -> int | None:
    """Count the points of what is left; only values that a later dimension names are told apart."""
    if not dims:
        return 1
    dim, left = dims[0], dims[1:]
    if not is_active(dim, drawn):
        return _size(left, drawn, count)
    whole = count(dim)
    if whole is None:
        return None
    total = 0
    mine = _named(dim, left) if count is _count else _on_grid(dim, _named(dim, left))
    for times, value in [*((1, value) for value in mine), (whole - len(mine), ANY_OTHER)]:
        rest = _size(left, {**drawn, dim.path: value}, count) if times else 0
        if rest is None:
            return None
        total += times * rest
    return total


def _named(dim: Dimension, left: tuple[Dimension, ...]) -> list[Any]:
    """Return the values of a dimension that later ones wait for, each once."""
    waiting = [each.when.values for each in left if each.when and each.when.path == dim.path]
    named = list(itertools.chain(*waiting))
    return [
        value for i, value in enumerate(named) if value not in named[:i] and is_in_range(dim, value)
    ]


def _on_grid(dim: Dimension, values: list[Any]) -> list[Any]:
    made = [dim.ask(FixedSuggester(params)) for params in dim.grid]
    return [value for value in values if value in made]


def _recipe(space: Space, base: Recipe, params: dict[str, Any]) -> str:
    return base.with_(space.suggest(FixedSuggester(params))).id
