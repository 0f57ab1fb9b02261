"""Dimensions that are choices: one of several values, or the hidden layers of a perceptron."""

from __future__ import annotations

import itertools
import json
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, model_validator

from rpbind.recipe.base import OFF
from rpbind.spaces.dimension_base import DimensionBase, spread

DEEPEST = 64
"""Hidden layers of a perceptron that can be searched."""


class ChoiceDimension(DimensionBase):
    """One of `values`; a value may be a list, a whole variant, or "off" for an optional field.

    Choices are told to Optuna as JSON text, the only kind that its storages keep faithfully.
    """

    kind: Literal["choice"]
    values: Annotated[list[Any], Field(min_length=2)]

    @property
    def extremes(self) -> list[Any]:
        """Every value: a recipe must accept each."""
        return self.values

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Every value."""
        return [{self.name: json.dumps(value)} for value in self.values]

    def ask(self, trial: Any) -> Any:
        """Ask an Optuna trial for a value."""
        texts = [json.dumps(value) for value in self.values]
        return json.loads(trial.suggest_categorical(self.name, texts))

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return what Optuna would have been told for a recipe's value; None where it could not.

        A variant's name finds the variant, whatever its own fields are; of several mappings, the
        one that says most of the recipe's fields.
        """
        value = OFF if value is None else value
        found = max(self.values, key=lambda mine: _fit(mine, value))
        return {self.name: json.dumps(found)} if _fit(found, value) >= 0 else None


def _fit(mine: Any, value: Any) -> int:
    """Return how well a choice describes a recipe's value; below 0, it does not at all."""
    if not isinstance(value, dict):
        return 0 if mine == value else -1
    kind = value.get("kind", "")
    if isinstance(mine, dict):
        return len(mine) if mine.items() <= value.items() else -(mine.get("kind") != kind)
    return 0 if mine == kind else -1


class LayersDimension(DimensionBase):
    """The hidden layers of a perceptron: how many, and the width of each, on a log scale."""

    kind: Literal["layers"]
    depth: tuple[StrictInt, StrictInt]
    width: tuple[StrictInt, StrictInt]

    @model_validator(mode="after")
    def _are_ranges(self) -> LayersDimension:
        for name, (low, high) in (("depth", self.depth), ("width", self.width)):
            if not 1 <= low < high:
                raise ValueError(f"{name} is [low, high] with 1 <= low < high; got {[low, high]}")
        if self.depth[1] > DEEPEST:
            raise ValueError(f"depth is at most {DEEPEST} layers; got {self.depth[1]}")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept: few narrow and many wide layers."""
        return [[self.width[0]] * self.depth[0], [self.width[1]] * self.depth[1]]

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Every depth with layers of one width: the ends and the middle."""
        widths = dict.fromkeys(round(width) for width in spread(*self.width, log=True))
        depths = range(self.depth[0], self.depth[1] + 1)
        return [self._named([w] * d) for d, w in itertools.product(depths, widths)]

    def ask(self, trial: Any) -> list[int]:
        """Ask an Optuna trial for the depth, then for a width per layer."""
        depth = trial.suggest_int(f"{self.name}/depth", *self.depth)
        return [trial.suggest_int(f"{self.name}/{i}", *self.width, log=True) for i in range(depth)]

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return what Optuna would have been told for a recipe's value; None outside the ranges."""
        (least, most), (low, high) = self.depth, self.width
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            return None
        inside = all(type(width) is int and low <= width <= high for width in value)
        return self._named(list(value)) if inside else None

    def _named(self, widths: list[int]) -> dict[str, Any]:
        layers = {f"{self.name}/{i}": width for i, width in enumerate(widths)}
        return {f"{self.name}/depth": len(widths), **layers}
