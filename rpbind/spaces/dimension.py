"""One dimension of a search space: what is asked of Optuna for one recipe path, and under what.

Every kind can be asked (`ask`), found again in a recipe (`find`), spread over a grid (`grid`), and
knows values that a recipe must accept (`extremes`).
"""

from __future__ import annotations

import itertools
import json
import math
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    model_validator,
)

from rpbind.parts import OFF

DEEPEST = 64
"""Hidden layers of a perceptron that can be searched."""

GRID = 3
"""Points of a number in a grid: both ends and the middle."""


DEEPEST = 64
"""Hidden layers of a perceptron, at most."""


class When(BaseModel):
    """A dimension with this is only asked where the one at `path` was given one of `values`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    values: Annotated[list[Any], Field(min_length=1)]


class _Dimension(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    when: When | None = None

    @property
    def name(self) -> str:
        """What Optuna calls it: the path, and for which values of its parent it is asked."""
        if self.when is None:
            return self.path
        return f"{self.path} [{', '.join(map(told, self.when.values))}]"


class FloatDimension(_Dimension):
    """A number between `low` and `high`; drawn on a log scale where `log` says so."""

    kind: Literal["float"]
    low: StrictFloat
    high: StrictFloat
    log: StrictBool = False

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

    @property
    def grid(self) -> list[dict[str, Any]]:
        """The ends and the middle."""
        return [{self.name: value} for value in _spread(self.low, self.high, self.log)]

    def ask(self, trial: Any) -> float:
        """Ask an Optuna trial for a value."""
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return what Optuna would have been told for a recipe's value; None outside the range."""
        inside = isinstance(value, int | float) and self.low <= value <= self.high
        return {self.name: float(value)} if inside else None


class IntDimension(_Dimension):
    """A whole number from `low` to `high`, both included, in steps; or on a log scale."""

    kind: Literal["int"]
    low: StrictInt
    high: StrictInt
    step: Annotated[StrictInt, Field(ge=1)] = 1
    log: StrictBool = False

    @model_validator(mode="after")
    def _is_a_range(self) -> IntDimension:
        if self.low >= self.high:
            raise ValueError(f"low must be below high; got {self.low} and {self.high}")
        if (self.high - self.low) % self.step:
            raise ValueError(f"steps of {self.step} from {self.low} do not end on {self.high}")
        if self.log and (self.low <= 0 or self.step > 1):
            raise ValueError("a log scale needs low > 0 and no step")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept."""
        return [self.low, self.high, self.low + self.step]

    @property
    def grid(self) -> list[dict[str, Any]]:
        """The ends and the step nearest to the middle."""
        places = [
            self.low + self.step * round((value - self.low) / self.step)
            for value in _spread(self.low, self.high, self.log)
        ]
        return [{self.name: place} for place in dict.fromkeys(places)]

    def ask(self, trial: Any) -> int:
        """Ask an Optuna trial for a value."""
        return trial.suggest_int(self.name, self.low, self.high, step=self.step, log=self.log)

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return what Optuna would have been told for a recipe's value; None where it could not."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        inside = number and self.low <= value <= self.high
        return {self.name: int(value)} if inside and (value - self.low) % self.step == 0 else None


class ChoiceDimension(_Dimension):
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


class LayersDimension(_Dimension):
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
        widths = dict.fromkeys(round(width) for width in _spread(*self.width, log=True))
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


def told(value: Any) -> str:
    """A value as it is written in an error or a name."""
    value = OFF if value is None else value
    return value if isinstance(value, str) else json.dumps(value)


def _spread(low: float, high: float, log: bool) -> list[float]:
    middle = math.sqrt(low * high) if log else (low + high) / 2
    return [low, middle, high]
