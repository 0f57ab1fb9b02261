"""A search space is a TOML file: a sentence, and dimensions keyed by recipe paths."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rpbind.errors import UserError
from rpbind.recipe import Recipe


class _Dimension(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str


class FloatDimension(_Dimension):
    """A number between `low` and `high`; drawn on a log scale where `log` says so."""

    kind: Literal["float"]
    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _is_a_range(self) -> FloatDimension:
        if not (math.isfinite(self.low) and self.low < self.high < math.inf):
            raise ValueError(f"low must be below high; got {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"a log scale needs low > 0; got {self.low}")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept: the ends, and one between that is no whole number."""
        return [self.low, self.high, self.low + (self.high - self.low) * 0.381966]


class ChoiceDimension(_Dimension):
    """One of `values`; a value may be a list or a whole variant."""

    kind: Literal["choice"]
    values: Annotated[list[Any], Field(min_length=2)]

    @property
    def extremes(self) -> list[Any]:
        """Every value: a recipe must accept each."""
        return self.values


Dimension = Annotated[FloatDimension | ChoiceDimension, Field(discriminator="kind")]


class Space(BaseModel):
    """A sentence that says what is searched, and the dimensions."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str
    dimension: Annotated[tuple[Dimension, ...], Field(min_length=1)]

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Ask an Optuna trial for one value per dimension; returns {recipe path: value}.

        Choices are told to Optuna as JSON text, the only kind that its storages keep faithfully.
        """
        drawn: dict[str, Any] = {}
        for dim in self.dimension:
            if isinstance(dim, FloatDimension):
                drawn[dim.path] = trial.suggest_float(dim.path, dim.low, dim.high, log=dim.log)
            else:
                texts = [json.dumps(value) for value in dim.values]
                drawn[dim.path] = json.loads(trial.suggest_categorical(dim.path, texts))
        return drawn


def load_space(path: Path, recipe: Recipe) -> Space:
    """Read a search space and check every dimension against the recipe that it will change.

    Raises `UserError` where the file is no space, or where a path or value is not the recipe's.
    """
    try:
        space = Space.model_validate(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        raise UserError(f"There is no search space {path}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise UserError(f"{path} is no search space: {error}") from None
    paths = [dim.path for dim in space.dimension]
    if twice := {p for p in paths if paths.count(p) > 1}:
        raise UserError(f"{path} has two dimensions for {', '.join(sorted(twice))}.")
    for dim in space.dimension:
        for value in dim.extremes:
            try:
                recipe.with_({dim.path: value})
            except UserError as error:
                raise UserError(f"{path}, dimension '{dim.path}': {error}") from None
    return space
