"""Dimensions that are numbers: real ones in a range, or whole ones in steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, model_validator

from rpbind.spaces.dimension_base import DimensionBase, spread


class FloatDimension(DimensionBase):
    """A real number in a range.

    Parameters
    ----------
    kind
        "float".
    low, high
        The range, `low` < `high`.
    log
        Whether values are drawn on a log scale; it needs `low` > 0.
    """

    kind: Literal["float"]
    low: StrictFloat
    high: StrictFloat
    log: StrictBool = False

    @model_validator(mode="after")
    def _check_range(self) -> FloatDimension:
        if not (math.isfinite(self.low) and self.low < self.high < math.inf):
            raise ValueError(f"low must be below high; got {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"a log scale needs low > 0; got {self.low}")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept: both ends, and a fraction between them."""
        return [self.low, self.high, self.low + (self.high - self.low) * 0.381966]

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Optuna parameters of the grid's points: both ends and the middle."""
        return [{self.name: value} for value in spread(self.low, self.high, self.log)]

    def suggest(self, trial: Any) -> float:
        """Take a value from an Optuna trial.

        Parameters
        ----------
        trial
            Anything with `suggest_float`.

        Returns
        -------
        The value.
        """
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def find(self, value: Any) -> dict[str, Any] | None:
        """Find the Optuna parameters that produce a value.

        Parameters
        ----------
        value
            A recipe's value of this hyperparameter.

        Returns
        -------
        {name: value}, or None if the value is outside the range.
        """
        inside = isinstance(value, int | float) and self.low <= value <= self.high
        return {self.name: float(value)} if inside else None

    @property
    def count(self) -> None:
        """There are infinitely many."""

    def every(self) -> Iterator[dict[str, Any]]:
        """Yield nothing: real numbers cannot be listed."""
        yield from ()

    def words(self) -> str:
        """Describe the range."""
        return f"a number from {self.low} to {self.high}"


class IntDimension(DimensionBase):
    """A whole number in a range, in steps or on a log scale.

    Parameters
    ----------
    kind
        "int".
    low, high
        The range, both ends included, `low` < `high`.
    step
        Distance of neighbouring values; `high` - `low` is a multiple of it.
    log
        Whether values are drawn on a log scale; it needs `low` > 0 and `step` 1.
    """

    kind: Literal["int"]
    low: StrictInt
    high: StrictInt
    step: Annotated[StrictInt, Field(ge=1)] = 1
    log: StrictBool = False

    @model_validator(mode="after")
    def _check_range(self) -> IntDimension:
        if self.low >= self.high:
            raise ValueError(f"low must be below high; got {self.low} and {self.high}")
        if (self.high - self.low) % self.step:
            raise ValueError(f"steps of {self.step} from {self.low} do not end on {self.high}")
        if self.log and (self.low <= 0 or self.step > 1):
            raise ValueError("a log scale needs low > 0 and no step")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept: both ends, and the first step."""
        return [self.low, self.high, self.low + self.step]

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Optuna parameters of the grid's points: both ends and the step next to the middle."""
        values = [
            self.low + self.step * round((value - self.low) / self.step)
            for value in spread(self.low, self.high, self.log)
        ]
        return [{self.name: value} for value in dict.fromkeys(values)]

    def suggest(self, trial: Any) -> int:
        """Take a value from an Optuna trial.

        Parameters
        ----------
        trial
            Anything with `suggest_int`.

        Returns
        -------
        The value.
        """
        return trial.suggest_int(self.name, self.low, self.high, step=self.step, log=self.log)

    def find(self, value: Any) -> dict[str, Any] | None:
        """Find the Optuna parameters that produce a value.

        Parameters
        ----------
        value
            A recipe's value of this hyperparameter.

        Returns
        -------
        {name: value}, or None if the value is outside the range or between two steps.
        """
        number = isinstance(value, int | float) and not isinstance(value, bool)
        inside = number and self.low <= value <= self.high
        return {self.name: int(value)} if inside and (value - self.low) % self.step == 0 else None

    @property
    def count(self) -> int:
        """Number of steps in the range, both ends included."""
        return len(range(self.low, self.high + 1, self.step))

    def every(self) -> Iterator[dict[str, Any]]:
        """Yield every step of the range."""
        yield from ({self.name: value} for value in range(self.low, self.high + 1, self.step))

    def words(self) -> str:
        """Describe the range and its steps."""
        step = f" in steps of {self.step}" if self.step > 1 else ""
        return f"a number from {self.low} to {self.high}{step}"
