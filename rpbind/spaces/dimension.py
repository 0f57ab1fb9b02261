"""One dimension of a search space: what is asked of Optuna for one recipe path, and under what.

Every kind can be asked (`ask`), found again in a recipe (`find`), spread over a grid (`grid`), and
knows values that a recipe must accept (`extremes`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from rpbind.spaces.choices import ChoiceDimension, LayersDimension
from rpbind.spaces.dimension_base import When
from rpbind.spaces.numbers import FloatDimension, IntDimension

Dimension = Annotated[
    FloatDimension | IntDimension | ChoiceDimension | LayersDimension, Field(discriminator="kind")
]


KINDS: dict[str, type[BaseModel]] = {
    "float": FloatDimension,
    "int": IntDimension,
    "choice": ChoiceDimension,
    "layers": LayersDimension,
}
NAMES = {
    "when": tuple(When.model_fields),
    **{kind: tuple(each.model_fields) for kind, each in KINDS.items()},
}
"""The names that a condition and each kind of dimension know."""
