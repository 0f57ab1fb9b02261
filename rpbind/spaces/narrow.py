"""A search space for a narrower model: `--narrower` divides its widths as it divides the base's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.presets import HEADS, WIDTHS, narrow_value
from rpbind.spaces.choices import ChoiceDimension, LayersDimension
from rpbind.spaces.dimension import Dimension
from rpbind.spaces.dimension_base import When
from rpbind.spaces.numbers import IntDimension

Dimensions = Sequence[Dimension]


def divide_widths(
    about: str, dimensions: Dimensions, factor: int
) -> tuple[str, tuple[Dimension, ...]]:
    """Return a space's sentence and dimensions with every width and number of heads divided.

    Values that become equal are one; a variant that is named brings its default width, which is
    divided too, unless the space has a dimension for it.
    """
    if factor == 1:
        return about, tuple(dimensions)
    made = tuple(_divided(dim, dimensions, factor) for dim in dimensions)
    return f"{about} (Widths divided by {factor}.)", made


def _divided(dim: Dimension, every: Dimensions, factor: int) -> Dimension:
    when = dim.when
    if when is not None:
        values = _choices(when.path, when.values, every, factor)
        when = When(path=when.path, values=values)
    dim = dim.model_copy(update={"when": when})
    if isinstance(dim, ChoiceDimension):
        values = _choices(dim.path, dim.values, every, factor)
        return dim.model_copy(update={"values": values})
    if dim.path not in (*WIDTHS, *HEADS):
        return dim
    if isinstance(dim, LayersDimension):
        width = tuple(narrow_value(dim.path, end, factor) for end in dim.width)
        return dim.model_copy(update={"width": width})
    return _range(dim, factor) if isinstance(dim, IntDimension) else dim


def _range(dim: IntDimension, factor: int) -> Dimension:
    """Divide the ends of a whole number; a range of one value is a choice of one."""
    low, high = (cast(int, narrow_value(dim.path, end, factor)) for end in (dim.low, dim.high))
    step = max(1, dim.step // factor)
    high -= (high - low) % step
    if low < high:
        return dim.model_copy(update={"low": low, "high": high, "step": step})
    return ChoiceDimension.model_construct(
        path=dim.path, when=dim.when, kind="choice", values=[low]
    )


def _choices(path: str, values: list[Any], every: Dimensions, factor: int) -> list[Any]:
    """Divide each value; of several that become equal the first is kept, of equal ones all."""
    kept: dict[int, Any] = {}
    for place, value in enumerate(values):
        new = _choice(path, value, every, factor)
        same = [other for other, known in kept.items() if known == new]
        if not same or values[same[0]] == value:
            kept[place] = new
    return list(kept.values())


def _choice(path: str, value: Any, every: Dimensions, factor: int) -> Any:
    """Divide the widths in a value; those that a variant brings as defaults are then said."""
    if not isinstance(value, str | dict):
        return narrow_value(path, value, factor)
    try:
        whole = Recipe().with_({path: value}).value(path)
    except UserError:  # not right alone, which the check of the space says
        return narrow_value(path, value, factor)
    if not isinstance(whole, dict):
        return value
    given = value if isinstance(value, dict) else {}
    smaller = narrow_value(path, whole, factor)
    kept = {
        name: new
        for name, new in smaller.items()
        if name in given or (new != whole[name] and not _searched(f"{path}.{name}", value, every))
    }
    if isinstance(value, dict):
        return kept
    return {"kind": value} | kept if kept else value


def _searched(path: str, value: Any, every: Dimensions) -> bool:
    """Whether a space has a dimension for a field of a variant, whenever that is drawn."""
    parent = path.rpartition(".")[0]
    return any(
        dim.path == path
        and (dim.when is None or (dim.when.path == parent and value in dim.when.values))
        for dim in every
    )
