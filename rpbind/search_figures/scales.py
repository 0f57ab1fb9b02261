"""The scale of a searched hyperparameter: where each of its values stands on an axis."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rpbind.ledger.search_results import SearchResult, Trial
from rpbind.recipe.base import OFF

ROOM = 40
"""Characters that fit beside each other on a page of 360 pixels."""


@dataclass(frozen=True)
class Scale:
    """The axis of one hyperparameter.

    Parameters
    ----------
    path
        Its path in a recipe.
    kind
        "log" or "linear" for a number, "steps" for one of several values.
    values
        "steps": texts of the values, in their order; else the lowest and the highest number.
    """

    path: str
    kind: Literal["log", "linear", "steps"]
    values: tuple[Any, ...]

    def at(self, value: Any) -> float | None:
        """Return where a value stands, from 0 to 1; None for a trial that does not have it."""
        if value is None:
            return None
        if self.kind == "steps":
            return (self.values.index(as_text(value)) + 0.5) / len(self.values)
        low, high, mine = (self._on(each) for each in (*self.values, value))
        return 0.5 if low == high else (mine - low) / (high - low)

    def value_at(self, place: float) -> float:
        """Return the number that stands at a place from 0 to 1; the inverse of `at`."""
        low, high = map(self._on, self.values)
        found = low + place * (high - low)
        return float(10**found if self.kind == "log" else found)

    def _on(self, value: float) -> float:
        return math.log10(value) if self.kind == "log" else float(value)


def scales(search: SearchResult, dimensions: Sequence[Mapping[str, Any]]) -> list[Scale]:
    """Return the scale of every hyperparameter that differs among the trials of a search.

    A number that was searched in a range has that range, made wider if a trial lies outside; it is
    on a log scale only if it was drawn on one. All other hyperparameters are steps.

    Parameters
    ----------
    search
        The search.
    dimensions
        The dimensions of its space, as in the plan.

    Returns
    -------
    list of Scale
        In the order of `search.varied`.
    """
    return [
        _scale(path, search, [d for d in dimensions if d["path"] == path]) for path in search.varied
    ]


def as_text(value: Any) -> str:
    """Return a value of a recipe as short text."""
    if isinstance(value, Mapping):  # a variant: its fields are searched under paths of their own
        return str(value.get("kind", json.dumps(value)))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _scale(path: str, search: SearchResult, mine: list[Mapping[str, Any]]) -> Scale:
    values = [v for t in search.trials if (v := t.fields[path]) is not None]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    in_steps = any(dimension.get("kind") not in ("float", "int") for dimension in mine)
    if len(numbers) < len(values) or in_steps:
        planned = [v for dimension in mine for v in dimension.get("values", ())]
        order = sorted([*planned, *values], key=_numbers_first)
        return Scale(path, "steps", tuple(dict.fromkeys(map(as_text, order))))
    ends = [*numbers, *(d[end] for d in mine for end in ("low", "high"))]
    is_log = bool(mine) and all(d.get("log") for d in mine) and min(ends) > 0
    return Scale(path, "log" if is_log else "linear", (min(ends), max(ends)))


def _numbers_first(value: Any) -> tuple[int, float]:
    """Sort "off" first, then numbers by size, then everything else as it comes."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 1, float(value)
    return (0 if value == OFF or value is None else 2), 0.0


def title(scale: Scale) -> str:
    """Return the path of a hyperparameter, and whether its axis is on a log scale."""
    return f"{scale.path} (log scale)" if scale.kind == "log" else scale.path


def place(scale: Scale, trial: Trial) -> float | None:
    """Return where a trial stands on a scale, rounded to less than a pixel."""
    found = scale.at(trial.fields[scale.path])
    return None if found is None else round(found, 4)


def ticks(scale: Scale) -> tuple[list[float], list[str]]:
    """Return where an axis has its numbers or steps, and their texts, short enough for a phone."""
    if scale.kind != "steps":
        places = [0.0, 0.5, 1.0] if scale.values[0] < scale.values[1] else [0.5]
        return places, [f"{scale.value_at(each):.3g}" for each in places]
    count = len(scale.values)
    room, places = ROOM // count, [(n + 0.5) / count for n in range(count)]
    texts = [v if len(v) <= room else f"{v[: room - 1]}…" for v in scale.values]
    if room < 4 and max(map(len, scale.values)) > room:  # only the first and the last fit
        places, texts = [places[0], places[-1]], [scale.values[0][:12], scale.values[-1][:12]]
    return places, texts


def most_important(scales: Sequence[Scale], share: Mapping[str, float]) -> list[Scale]:
    """Return the scales of the two hyperparameters with the largest shares.

    Parameters
    ----------
    scales
        All scales of a search.
    share
        {path of a searched dimension: its importance}. That of a variant, such as
        `train.schedule`, is drawn as the variant's name, `train.schedule.kind`.

    Returns
    -------
    list of Scale
        Two, the most important first; fewer if one of the two does not differ among trials.
    """
    by_path = {scale.path: scale for scale in scales}
    two = sorted(share, key=lambda path: -share[path])[:2]
    found = (by_path.get(path) or by_path.get(f"{path}.kind") for path in two)
    return [scale for scale in found if scale]


def complete(search: SearchResult) -> list[Trial]:
    """Return the trials with a value; a repeat is no trial of its own."""
    return [t for t in search.distinct if t.value is not None]
