"""Which values a dimension can have: whether one is among them, and all of them in words."""

from __future__ import annotations

from typing import Any

from rpbind.spaces.choices import ChoiceDimension, LayersDimension
from rpbind.spaces.dimension import Dimension
from rpbind.spaces.dimension_base import as_text
from rpbind.spaces.numbers import IntDimension


def is_in_range(dim: Dimension, value: Any) -> bool:
    """Whether a dimension can have a value."""
    if isinstance(dim, ChoiceDimension):
        return value in dim.values
    return dim.find(value) is not None


def range_of(dim: Dimension) -> str:
    """Describe the values that a dimension can have."""
    if isinstance(dim, ChoiceDimension):
        return ", ".join(map(as_text, dim.values))
    if isinstance(dim, LayersDimension):
        (few, many), (low, high) = dim.depth, dim.width
        return f"a list of {few} to {many} widths from {low} to {high}"
    step = f" in steps of {dim.step}" if isinstance(dim, IntDimension) and dim.step > 1 else ""
    return f"a number from {dim.low} to {dim.high}{step}"
