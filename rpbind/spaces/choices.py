"""Dimensions that are choices: one of several values, or the hidden layers of a perceptron."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictInt, model_validator

from rpbind.recipe.base import OFF
from rpbind.recipe.custom import recorded
from rpbind.spaces.dimension_base import DimensionBase, as_text, spread

MAX_DEPTH = 64
"""The largest number of hidden layers that a search may give a perceptron."""


class ChoiceDimension(DimensionBase):
    """One of `values`; a value may be a list, a whole variant, or "off" for an optional field.

    Optuna gets the choices as JSON text, the only kind that all its storages keep unchanged.
    """

    kind: Literal["choice"]
    values: Annotated[list[Any], Field(min_length=2), AfterValidator(recorded)]

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept: all of them."""
        return self.values

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Optuna parameters of the grid's points: every value."""
        return [{self.name: json.dumps(value)} for value in self.values]

    def suggest(self, trial: Any) -> Any:
        """Take a value from an Optuna trial."""
        texts = [json.dumps(value) for value in self.values]
        return json.loads(trial.suggest_categorical(self.name, texts))

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return the Optuna parameters that produce this value, or None if nothing does.

        A variant matches by its name alone, since other dimensions may set its fields. Of several
        choices with that name, the one with the most equal fields is taken.
        """
        value = OFF if value is None else value
        found = max(self.values, key=lambda choice: _fit(choice, value))
        return {self.name: json.dumps(found)} if _fit(found, value) >= 0 else None

    def has(self, value: Any) -> bool:
        """Whether a value is one of the choices as they are written."""
        return value in self.values

    @property
    def count(self) -> int:
        """Number of choices."""
        return len(self.values)

    def every(self) -> Iterator[dict[str, Any]]:
        """Yield every choice."""
        yield from self.grid

    def words(self) -> str:
        """List the choices."""
        return ", ".join(map(as_text, self.values))


def _fit(choice: Any, value: Any) -> int:
    """Return how well a choice describes a recipe's value; below 0, it is another value.

    For variants: the number of the choice's fields if all are equal, and 0 if the name alone is.
    """
    if not isinstance(value, dict):
        return 0 if choice == value else -1
    kind = value.get("kind", "")
    if isinstance(choice, dict):
        if kind == "custom":
            return _fit_of_class(choice, value)
        return len(choice) if choice.items() <= value.items() else -(choice.get("kind") != kind)
    return 0 if choice == kind else -1


def _fit_of_class(choice: dict[str, Any], value: dict[str, Any]) -> int:
    """Return the same for a class of the user's own: the more options are equal, the better."""
    if any(choice.get(name) != value.get(name) for name in ("kind", "class", "sha256")):
        return -1
    options = value["options"]
    equal = [options.get(name) == given for name, given in choice.get("options", {}).items()]
    return len(options) + sum(1 if same else -1 for same in equal)


class LayersDimension(DimensionBase):
    """The hidden layers of a perceptron: their number, and the width of each on a log scale."""

    kind: Literal["layers"]
    depth: tuple[StrictInt, StrictInt]
    width: tuple[StrictInt, StrictInt]

    @model_validator(mode="after")
    def _check_ranges(self) -> LayersDimension:
        for name, (low, high) in (("depth", self.depth), ("width", self.width)):
            if not 1 <= low < high:
                raise ValueError(f"{name} is [low, high] with 1 <= low < high; got {[low, high]}")
        if self.depth[1] > MAX_DEPTH:
            raise ValueError(f"depth is at most {MAX_DEPTH} layers; got {self.depth[1]}")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept: few narrow layers, and many wide ones."""
        return [[self.width[0]] * self.depth[0], [self.width[1]] * self.depth[1]]

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Optuna parameters of the grid's points.

        Every depth is combined with three widths (lowest, middle, highest), one for all layers.
        """
        widths = dict.fromkeys(round(width) for width in spread(*self.width, log=True))
        depths = range(self.depth[0], self.depth[1] + 1)
        return [self._params([w] * d) for d, w in itertools.product(depths, widths)]

    def suggest(self, trial: Any) -> list[int]:
        """Take the depth from an Optuna trial, then one width per layer."""
        depth = trial.suggest_int(f"{self.name}/depth", *self.depth)
        return [trial.suggest_int(f"{self.name}/{i}", *self.width, log=True) for i in range(depth)]

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return the Optuna parameters that produce these widths, or None outside the ranges."""
        (least, most), (low, high) = self.depth, self.width
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            return None
        inside = all(type(width) is int and low <= width <= high for width in value)
        return self._params(list(value)) if inside else None

    @property
    def count(self) -> int:
        """Number of perceptrons: every depth with every width in every layer."""
        widths = self.width[1] - self.width[0] + 1
        return sum(widths**depth for depth in range(self.depth[0], self.depth[1] + 1))

    def every(self) -> Iterator[dict[str, Any]]:
        """Yield every perceptron."""
        widths = range(self.width[0], self.width[1] + 1)
        for depth in range(self.depth[0], self.depth[1] + 1):
            for layers in itertools.product(widths, repeat=depth):
                yield self._params(list(layers))

    def words(self) -> str:
        """Describe the number of layers and their widths."""
        (few, many), (low, high) = self.depth, self.width
        return f"a list of {few} to {many} widths from {low} to {high}"

    def _params(self, widths: list[int]) -> dict[str, Any]:
        layers = {f"{self.name}/{i}": width for i, width in enumerate(widths)}
        return {f"{self.name}/depth": len(widths), **layers}
