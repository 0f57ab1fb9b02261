"""A search's trials as a table: what each one varied, what it reached, the best so far.

A trial is one configuration, with a row per seed; a search is named by what comes before `trial-`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rpbind.errors import reason
from rpbind.ledger import Plan, Row
from rpbind.recipe import Recipe
from rpbind.recipe.base import OFF


@dataclass(frozen=True)
class Objective:
    """What a trial is scored by: a key of a row's metrics, or of its cost, and which way is up."""

    words: str
    key: str
    mode: Literal["max", "min"]
    cost: bool = False

    def value(self, row: Row) -> float:
        """Return a row's value; NaN where it has none."""
        return (row.cost if self.cost else row.metrics).get(self.key, math.nan)


OBJECTIVES = {
    "auroc": Objective("validation AUROC", "validation.auroc_macro", "max"),
    "loss": Objective("validation loss", "validation.loss", "min"),
    "train-seconds": Objective("training seconds", "train_seconds", "min", cost=True),
    "parameters": Objective("parameters", "parameters", "min", cost=True),
}
REPEATED = "repeated"
"""How a trial is counted whose recipe and seeds an earlier one had."""

REUSED = "reused"
"""In the provenance of a row that was not trained: the trial that had its configuration first."""

Outcome = Literal["done", "pruned", "diverged", "failed", "stopped", "lost", "unfinished"]
"""How a trial ended; "unfinished" is one of which seeds are still to be made."""


@dataclass(frozen=True)
class Trial:
    """One trial: the knobs that differ among trials, its value (mean over seeds), its end.

    `value` is that of whole trials alone, `values` has one per objective; `reached` is where a
    pruned trial was; `best` is the best value so far. `repeats` names the first trial with the same
    recipe and seeds, if this is not it: its scores are no further evidence.
    """

    name: str
    rows: tuple[Row, ...]
    fields: dict[str, Any]
    outcome: Outcome
    values: list[float] | None
    reached: float | None
    best: float | None
    repeats: str = ""

    @property
    def value(self) -> float | None:
        """Its value on the first objective."""
        return None if self.values is None else self.values[0]

    @property
    def why(self) -> str:
        """Why it is not whole; nothing where it is."""
        bad = [row.error for row in self.rows if row.state != "done"]
        return reason(bad[0]) if bad else ""


@dataclass(frozen=True)
class SearchResult:
    """All trials of one search, in the order in which they ended."""

    name: str
    objectives: tuple[str, ...]
    varied: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def objective(self) -> Objective:
        """The first objective, by which the winner is chosen."""
        return OBJECTIVES[self.objectives[0]]

    @property
    def best(self) -> Trial | None:
        """The first trial with the best value; None where no trial has one."""
        won = [t for t in self.trials if t.value is not None and t.value == self.trials[-1].best]
        return min(won, key=lambda trial: trial.name) if won else None

    @property
    def counts(self) -> dict[str, int]:
        """How the trials ended, and how many each way; repeats are counted as such."""
        outcomes = [REPEATED if trial.repeats else trial.outcome for trial in self.trials]
        return {o: outcomes.count(o) for o in dict.fromkeys(sorted(outcomes))}

    @property
    def distinct(self) -> tuple[Trial, ...]:
        """The trials without those that repeat another: one per configuration."""
        return tuple(trial for trial in self.trials if not trial.repeats)

    @property
    def front(self) -> tuple[Trial, ...]:
        """The trials that no other one beats on every objective (Pareto), by the first of them."""
        whole = [t for t in self.distinct if t.values is not None]
        signs = [1 if OBJECTIVES[name].mode == "max" else -1 for name in self.objectives]
        points = {
            t.name: [s * v for s, v in zip(signs, t.values or (), strict=True)] for t in whole
        }
        kept = [t for t in whole if not any(_beats(p, points[t.name]) for p in points.values())]
        return tuple(sorted(kept, key=lambda t: points[t.name], reverse=True))


def was_pruned(row: Row) -> bool:
    """Whether a scheduler stopped this run, which its row says; an interrupted one has no such."""
    return row.state == "stopped" and "stopped_by" in row.provenance


def was_reused(row: Row) -> bool:
    """Whether a row is that of an earlier trial of the same configuration and seeds."""
    return REUSED in row.provenance


def search_of(arm: str) -> str:
    """The name of the search of a trial: `old.s2` of `old.s2.trial-0007`, else `search`."""
    return arm.rpartition("trial-")[0].rstrip(".") or "search"


def trials_of(rows: list[Row]) -> dict[str, list[Row]]:
    """Return {trial's name: its rows, by seed}."""
    trials: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.seed):
        trials.setdefault(row.arm, []).append(row)
    return trials


def searches(plan: Plan, rows: list[Row]) -> list[SearchResult]:
    """Return every search of a study, in the order in which its arms were planned."""
    said = plan.search or {}
    objectives = tuple(said.get("objectives", ("auroc",)))
    seeds = int(said.get("seeds_per_trial", 1))
    by_search: dict[str, list[Row]] = {}
    for row in rows:
        by_search.setdefault(search_of(row.arm), []).append(row)
    places = {arm: place for place, arm in enumerate(said.get("arms", {}))}
    order = sorted(by_search, key=lambda name: (places.get(name.rpartition(".")[0], -1), name))
    return [summarise_search(by_search[name], objectives, seeds) for name in order]


def summarise_search(
    rows: list[Row], objectives: tuple[str, ...] = ("auroc",), seeds: int = 1
) -> SearchResult:
    """Return the trials of one search; every comparison among them is exploratory."""
    grouped = trials_of(rows)
    names = sorted(grouped, key=lambda name: (max(row.ended for row in grouped[name]), name))
    fields = {n: Recipe.from_record(grouped[n][0].recipe, n).flat() for n in names}
    every = dict.fromkeys(path for flat in fields.values() for path in flat)
    varied = tuple(p for p in every if len({repr(_shown(flat, p)) for flat in fields.values()}) > 1)
    first = OBJECTIVES[objectives[0]]
    better = max if first.mode == "max" else min
    repeats = repeats_of(grouped)
    trials: list[Trial] = []
    best: float | None = None
    for name in names:
        values = values_of(grouped[name], objectives, seeds)
        if values is not None:
            best = values[0] if best is None else better(best, values[0])
        shown = {p: _shown(fields[name], p) for p in varied}
        rows = grouped[name]
        reached = [row.curve[-1].get(first.key) for row in rows if was_pruned(row) and row.curve]
        trials.append(
            Trial(
                name=name,
                rows=tuple(rows),
                fields=shown,
                outcome=outcome(rows, seeds),
                values=values,
                reached=(*reached, None)[0],
                best=best,
                repeats=repeats.get(name, ""),
            )
        )
    return SearchResult(search_of(names[0]), objectives, varied, tuple(trials))


def repeats_of(trials: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Return {trial: the first trial, by name, with the same recipe and seeds} of all repeats."""
    first: dict[tuple[str, tuple[int, ...]], str] = {}
    for name in sorted(trials):
        rows = trials[name]
        first.setdefault((rows[0].recipe_id, tuple(row.seed for row in rows)), name)
    return {
        name: found
        for name, rows in trials.items()
        if (found := first[rows[0].recipe_id, tuple(row.seed for row in rows)]) != name
    }


def _shown(flat: dict[str, Any], path: str) -> Any:
    """Return a recipe's value as tables show it: "off", or None where it has no such field."""
    return OFF if path in flat and flat[path] is None else flat.get(path)


def values_of(rows: Sequence[Row], objectives: Sequence[str], seeds: int) -> list[float] | None:
    """Return each objective's mean over a trial's rows; None where it is not whole.

    Whole is a trial of which all `seeds` are done and every value is a number.
    """
    if len(rows) < seeds or any(row.state != "done" for row in rows):
        return None
    means = [sum(OBJECTIVES[name].value(row) for row in rows) / len(rows) for name in objectives]
    return means if all(map(math.isfinite, means)) else None


def outcome(rows: Sequence[Row], seeds: int) -> Outcome:
    """Return how a trial of so many seeds has ended, from the rows of those that have."""
    bad = [row.state for row in rows if row.state != "done"]
    if any(map(was_pruned, rows)):
        return "pruned"
    return bad[0] if bad else "done" if len(rows) >= seeds else "unfinished"


def _beats(one: list[float], other: list[float]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))
