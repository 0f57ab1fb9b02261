"""The kinds of dimensions of a search space. A dimension is one hyperparameter with its values.

Every kind takes a value from an Optuna trial (`suggest`), returns the Optuna parameters that
produce a recipe's value (`find`), lists its part of a grid (`grid`), and lists values that a recipe
must accept (`extremes`).
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
"""The keys that a condition (`when`) and each kind of dimension may have in a TOML file."""
