"""What all kinds of dimensions share: the path, the condition, and the name that Optuna sees."""

from __future__ import annotations

import json
import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rpbind.recipe.base import OFF
from rpbind.recipe.custom import recorded


class When(BaseModel):
    """A condition: the dimension exists only if the one at `path` has one of `values`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    values: Annotated[list[Any], Field(min_length=1), AfterValidator(recorded)]


class DimensionBase(BaseModel):
    """A hyperparameter, named by its recipe path, and the condition under which it is searched."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    when: When | None = None

    @property
    def name(self) -> str:
        """Optuna's name of the parameter: the path, and the parent's values if conditional."""
        if self.when is None:
            return self.path
        return f"{self.path} [{', '.join(map(as_text, self.when.values))}]"

    def has(self, value: Any) -> bool:
        """Whether a recipe's value is among the dimension's."""
        return self.find(value) is not None

    @property
    @abstractmethod
    def extremes(self) -> list[Any]:
        """Values that a recipe must accept for the space to be usable."""

    @property
    @abstractmethod
    def grid(self) -> list[dict[str, Any]]:
        """Optuna parameters of the points in a grid search."""

    @property
    @abstractmethod
    def count(self) -> int | None:
        """Number of values; None for real numbers."""

    @abstractmethod
    def every(self) -> Iterator[dict[str, Any]]:
        """Yield the Optuna parameters of every value; nothing if `count` is None."""

    @abstractmethod
    def suggest(self, trial: Any) -> Any:
        """Take a value from an Optuna trial."""

    @abstractmethod
    def find(self, value: Any) -> dict[str, Any] | None:
        """Return the Optuna parameters that produce a recipe's value, or None if none do."""

    @abstractmethod
    def words(self) -> str:
        """Describe the values, for messages."""


def as_text(value: Any) -> str:
    """Return a value as messages and parameter names write it."""
    value = OFF if value is None else value
    return value if isinstance(value, str) else json.dumps(value)


def spread(low: float, high: float, log: bool) -> list[float]:
    """Return both ends of a range and its middle, which is geometric if `log`."""
    middle = math.sqrt(low * high) if log else (low + high) / 2
    return [low, middle, high]
