"""A search space for a narrower model: `--narrower` divides its widths like those of the base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never, cast

from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import HEADS, WIDTHS, narrow_value
from rpbind.spaces.choices import ChoiceDimension, LayersDimension
from rpbind.spaces.dimension import Dimension
from rpbind.spaces.dimension_base import When
from rpbind.spaces.numbers import FloatDimension, IntDimension

Dimensions = Sequence[Dimension]


def divide_widths(
    about: str, dimensions: Dimensions, factor: int
) -> tuple[str, tuple[Dimension, ...]]:
    """Return a space's description and dimensions, all widths and numbers of heads divided.

    Choices that become equal are merged. A choice that names a variant gets the variant's default
    width, divided, unless the space has a dimension for that width.
    """
    if factor == 1:
        return about, tuple(dimensions)
    made = tuple(_divide_dimension(dim, dimensions, factor) for dim in dimensions)
    return f"{about} (Widths divided by {factor}.)", made


def _divide_dimension(dim: Dimension, every: Dimensions, factor: int) -> Dimension:
    when = dim.when
    if when is not None:
        values = _divide_choices(when.path, when.values, every, factor)
        when = When(path=when.path, values=values)
    dim = dim.model_copy(update={"when": when})
    if isinstance(dim, ChoiceDimension):
        values = _divide_choices(dim.path, dim.values, every, factor)
        return dim.model_copy(update={"values": values})
    if dim.path not in (*WIDTHS, *HEADS):
        return dim
    if isinstance(dim, LayersDimension):
        width = tuple(narrow_value(dim.path, end, factor) for end in dim.width)
        return dim.model_copy(update={"width": width})
    if isinstance(dim, IntDimension):
        return _divide_range(dim, factor)
    if isinstance(dim, FloatDimension):
        return dim  # no width is a real number, which the check of the space says
    assert_never(dim)


def _divide_range(dim: IntDimension, factor: int) -> Dimension:
    """Divide both ends of a range; if they become equal, return a choice of that one value."""
    low, high = (cast(int, narrow_value(dim.path, end, factor)) for end in (dim.low, dim.high))
    step = max(1, dim.step // factor)
    high -= (high - low) % step
    if low < high:
        return dim.model_copy(update={"low": low, "high": high, "step": step})
    return ChoiceDimension.model_construct(
        path=dim.path, when=dim.when, kind="choice", values=[low]
    )


def _divide_choices(path: str, values: list[Any], every: Dimensions, factor: int) -> list[Any]:
    """Divide each value, and keep the first of those that become equal.

    Values that were equal before are all kept: `check_space` refuses them by name.
    """
    kept: dict[int, Any] = {}
    for place, value in enumerate(values):
        new = _divide_choice(path, value, every, factor)
        same = [other for other, known in kept.items() if known == new]
        if not same or values[same[0]] == value:
            kept[place] = new
    return list(kept.values())


def _divide_choice(path: str, value: Any, every: Dimensions, factor: int) -> Any:
    """Divide the widths in a value; a variant's default widths are then written out."""
    if not isinstance(value, str | dict):
        return narrow_value(path, value, factor)
    try:
        whole = Recipe().with_({path: value}).value(path)
    except UserError:  # `check_space` will say what is wrong with it
        return narrow_value(path, value, factor)
    if not isinstance(whole, dict):
        return value
    given = value if isinstance(value, dict) else {}
    smaller = narrow_value(path, whole, factor)
    kept = {
        name: new
        for name, new in smaller.items()
        if name in given
        or (new != whole[name] and not _is_searched(f"{path}.{name}", value, every))
    }
    if isinstance(value, dict):
        return kept
    return {"kind": value} | kept if kept else value


def _is_searched(path: str, value: Any, every: Dimensions) -> bool:
    """Whether a space has a dimension for this field of a variant when the variant is drawn."""
    parent = path.rpartition(".")[0]
    return any(
        dim.path == path
        and (dim.when is None or (dim.when.path == parent and value in dim.when.values))
        for dim in every
    )
