"""The trials of a search as a table: what varied, the value and outcome of each, and the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rpbind.errors import reason
from rpbind.ledger import Plan, Row
from rpbind.ledger.trials import (
    OBJECTIVES,
    REPEATED,
    Objective,
    Outcome,
    outcome,
    repeats_of,
    search_of,
    trials_of,
    values_of,
    was_pruned,
)
from rpbind.recipe import Recipe
from rpbind.recipe.base import OFF


@dataclass(frozen=True)
class Trial:
    """One trial.

    Parameters
    ----------
    name
        The name of its arm.
    rows
        One row per seed.
    fields
        {path: value} of the hyperparameters that differ among the trials of its search.
    outcome
        How it ended.
    values
        One mean over seeds for each objective; None unless all seeds are done.
    reached
        The first objective at the last epoch of a pruned trial; else None.
    best
        The best value of the search when this trial ended.
    repeats
        The first trial with the same recipe and seeds, if that is another one, else "". A repeat is
        no further evidence.
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
        """Why a run of it is not done; "" if all are done."""
        bad = [row.error for row in self.rows if row.state != "done"]
        return reason(bad[0]) if bad else ""


@dataclass(frozen=True)
class SearchResult:
    """All trials of one search.

    Parameters
    ----------
    name
        The search's name.
    objectives
        Keys of `OBJECTIVES`; the winner is chosen by the first.
    varied
        Paths of the hyperparameters that differ among trials.
    trials
        In the order in which they ended.
    """

    name: str
    objectives: tuple[str, ...]
    varied: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def objective(self) -> Objective:
        """The first objective."""
        return OBJECTIVES[self.objectives[0]]

    @property
    def best(self) -> Trial | None:
        """The trial with the best value, by name the first of them; None if none has a value."""
        won = [t for t in self.trials if t.value is not None and t.value == self.trials[-1].best]
        return min(won, key=lambda trial: trial.name) if won else None

    @property
    def counts(self) -> dict[str, int]:
        """{outcome: number of trials}; repeats are counted separately."""
        outcomes = [REPEATED if trial.repeats else trial.outcome for trial in self.trials]
        return {o: outcomes.count(o) for o in dict.fromkeys(sorted(outcomes))}

    @property
    def distinct(self) -> tuple[Trial, ...]:
        """The trials without repeats."""
        return tuple(trial for trial in self.trials if not trial.repeats)

    @property
    def front(self) -> tuple[Trial, ...]:
        """The Pareto front of the trials, sorted by the first objective, best first."""
        whole = [t for t in self.distinct if t.values is not None]
        signs = [1 if OBJECTIVES[name].mode == "max" else -1 for name in self.objectives]
        points = {
            t.name: [s * v for s, v in zip(signs, t.values or (), strict=True)] for t in whole
        }
        kept = [t for t in whole if not any(_beats(p, points[t.name]) for p in points.values())]
        return tuple(sorted(kept, key=lambda t: points[t.name], reverse=True))


def searches(plan: Plan, rows: list[Row]) -> list[SearchResult]:
    """Return every search of a study.

    Parameters
    ----------
    plan
        The study's plan.
    rows
        Of stage "search".

    Returns
    -------
    list[SearchResult]
        In the order of the arms in the plan.
    """
    settings = plan.search or {}
    objectives = tuple(settings.get("objectives", ("auroc",)))
    seeds = int(settings.get("seeds_per_trial", 1))
    by_search: dict[str, list[Row]] = {}
    for row in rows:
        by_search.setdefault(search_of(row.arm), []).append(row)
    places = {arm: place for place, arm in enumerate(settings.get("arms", {}))}
    order = sorted(by_search, key=lambda name: (places.get(name.rpartition(".")[0], -1), name))
    return [summarise_search(by_search[name], objectives, seeds) for name in order]


def summarise_search(
    rows: list[Row], objectives: tuple[str, ...] = ("auroc",), seeds: int = 1
) -> SearchResult:
    """Return the trials of one search from its rows; comparisons among them are exploratory."""
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


def _shown(flat: dict[str, Any], path: str) -> Any:
    """Return a recipe's value for tables: "off" for a null, None for a field it does not have."""
    return OFF if path in flat and flat[path] is None else flat.get(path)


def _beats(one: list[float], other: list[float]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))
