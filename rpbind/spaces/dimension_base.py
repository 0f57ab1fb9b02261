"""What all kinds of dimensions share: the path, the condition, and the name that Optuna sees."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rpbind.recipe.base import OFF


class When(BaseModel):
    """A dimension with this is only asked where the one at `path` was given one of `values`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    values: Annotated[list[Any], Field(min_length=1)]


class DimensionBase(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    when: When | None = None

    @property
    def name(self) -> str:
        """What Optuna calls it: the path, and for which values of its parent it is asked."""
        if self.when is None:
            return self.path
        return f"{self.path} [{', '.join(map(as_text, self.when.values))}]"


def as_text(value: Any) -> str:
    """A value as it is written in an error or a name."""
    value = OFF if value is None else value
    return value if isinstance(value, str) else json.dumps(value)


def spread(low: float, high: float, log: bool) -> list[float]:
    """Return both ends of a range and the middle between them."""
    middle = math.sqrt(low * high) if log else (low + high) / 2
    return [low, middle, high]
