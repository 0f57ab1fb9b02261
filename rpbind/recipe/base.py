"""The base class of all groups of hyperparameters, and the ranges that their numbers may have.

Variants are discriminated unions (`kind`), so a hyperparameter that does not apply cannot be set.
"""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0.0, le=0.99)]
NonNegative = Annotated[float, Field(ge=0.0, le=1e30)]
Positive = Annotated[float, Field(gt=0.0, le=1e30)]
"""A hyperparameter of training; the upper bound keeps it within the range of float32."""
Count = Annotated[int, Field(ge=1, le=65_536)]
"""A width, a number of heads or segments, or a distance in nucleotides."""
Layers = Annotated[int, Field(ge=1, le=256)]
Epochs = Annotated[int, Field(ge=1, le=100_000)]
Boolean = Annotated[bool, Field(strict=True)]
"""True or false; no word, because "no" or "off" could mean that a field is left out."""

OFF = "off"
"""The value that leaves an optional field out in a file, because TOML has no null."""


class Hyperparameters(BaseModel):
    """Base of every group: immutable, without unknown fields, infinity or NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _off_is_none(cls, given: Any) -> Any:
        """Read "off" as None in optional fields, and refuse true and false as numbers."""
        if not isinstance(given, dict):
            return given
        read = dict(given)
        for name, field in cls.model_fields.items():
            value, kind = given.get(name), field.annotation
            if value == OFF and NoneType in get_args(kind):
                read[name] = None
            elif isinstance(value, bool) and kind is not bool:
                read[name] = str(value).lower()  # a string, so the field refuses it
        return read


def optional_fields() -> frozenset[str]:
    """Return the names of all fields that can be "off"."""
    parts, found = [Hyperparameters], set[str]()
    while parts:
        part = parts.pop()
        parts += part.__subclasses__()
        fields = part.model_fields.items()
        found |= {name for name, field in fields if NoneType in get_args(field.annotation)}
    return frozenset(found)


class MultiHead(Hyperparameters):
    """A layer with attention heads, which divide its width among themselves."""

    dim: Count
    heads: Count

    @model_validator(mode="after")
    def _heads_divide_dim(self) -> MultiHead:
        if self.dim % self.heads:
            raise ValueError(f"heads must divide dim; got dim {self.dim} and heads {self.heads}")
        return self
