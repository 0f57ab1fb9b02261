"""Dimensions that are numbers: any in a range, or whole ones in steps."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, model_validator

from rpbind.spaces.dimension_base import DimensionBase, spread


class FloatDimension(DimensionBase):
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
        return [{self.name: value} for value in spread(self.low, self.high, self.log)]

    def ask(self, trial: Any) -> float:
        """Ask an Optuna trial for a value."""
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def find(self, value: Any) -> dict[str, Any] | None:
        """Return what Optuna would have been told for a recipe's value; None outside the range."""
        inside = isinstance(value, int | float) and self.low <= value <= self.high
        return {self.name: float(value)} if inside else None


class IntDimension(DimensionBase):
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
            for value in spread(self.low, self.high, self.log)
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
