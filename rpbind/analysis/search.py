"""A search's trials as a table: what each one varied, what it reached, the best so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rpbind.ledger import Row
from rpbind.recipe import Recipe

OBJECTIVE = "validation.auroc_macro"


@dataclass(frozen=True)
class Trial:
    """One trial: the knobs that differ among trials, its value on validation, its state."""

    row: Row
    knobs: dict[str, Any]
    value: float | None
    best: float | None


@dataclass(frozen=True)
class Search:
    """All trials in the order in which they ended; the highest `objective` wins."""

    objective: str
    varied: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial | None:
        """The trial with the highest value; None where no trial has one."""
        won = [t for t in self.trials if t.value is not None and t.value == self.trials[-1].best]
        return won[0] if won else None


def summarise_search(rows: list[Row]) -> Search:
    """Return the trials of the search stage; every comparison among them is exploratory."""
    ordered = sorted(rows, key=lambda row: row.ended)
    knobs = [Recipe.model_validate(row.recipe).flat() for row in ordered]
    every = dict.fromkeys(path for flat in knobs for path in flat)
    varied = tuple(p for p in every if len({repr(flat.get(p)) for flat in knobs}) > 1)
    trials: list[Trial] = []
    best: float | None = None
    for row, flat in zip(ordered, knobs, strict=True):
        value = _value(row)
        if value is not None:
            best = value if best is None else max(best, value)
        trials.append(Trial(row, {p: flat.get(p) for p in varied}, value, best))
    return Search(OBJECTIVE, varied, tuple(trials))


def _value(row: Row) -> float | None:
    value = row.metrics.get(OBJECTIVE)
    done = row.state == "done" and value is not None and math.isfinite(value)
    return value if done else None
