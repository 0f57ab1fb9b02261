"""The best trial or run of a study so far: one rule for the live view and for `rpbind status`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rpbind.ledger import Ledger, Plan, Row
from rpbind.ledger.trials import OBJECTIVES, Objective, values_of
from rpbind.metrics import macro_interval
from rpbind.statistics.averages import averages
from rpbind.statistics.table import planned_runs


class Best:
    """The best trial of a search, by its first objective and the mean over its seeds.

    Without trials, it is the planned run with the highest headline score on validation. A control
    is never the best.
    """

    def __init__(self, search: dict[str, Any] | None = None) -> None:
        search = search or {}
        self.by: str = search.get("objectives", ("auroc",))[0]
        self.seeds: int = search.get("seeds_per_trial", 1)
        self.seen: dict[str, dict[int, Row]] = {}
        self.best: tuple[float, str, float, tuple[Row, ...]] | None = None
        self.of_trials = False

    def objective(self, row: Row) -> Objective:
        """Return the objective by which a row is judged."""
        return OBJECTIVES[self.by if row.stage == "search" else "auroc"]

    def add(self, row: Row) -> None:
        """Add an ended run; a trial counts when all its seeds are done; of equals, the first."""
        is_trial = row.stage == "search"
        if is_trial and not self.of_trials:
            self.of_trials, self.best = True, None
        if not is_trial and (self.of_trials or row.stage != "ablation"):
            return
        name = row.arm if is_trial else f"{row.arm} seed {row.seed}"
        seeds = self.seen.setdefault(name, {})
        seeds[row.seed] = row
        rows = tuple(seeds.values())
        by, needed = (self.by, self.seeds) if is_trial else ("auroc", 1)
        if values := values_of(rows, [by], needed):
            place = values[0] if OBJECTIVES[by].mode == "min" else -values[0]
            found = (place, name, values[0], rows)
            self.best = found if self.best is None else min(self.best, found, key=lambda b: b[:2])

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe of the best trial; empty without one."""
        row = self.best[3][0] if self.best else None
        return row.recipe if row is not None and row.stage == "search" else {}

    def words(self) -> str:
        """Return name and score; for AUROC with a 95 % interval over protein clusters.

        The interval does not correct for choosing the best of many. Returns "" without a best.
        """
        if self.best is None:
            return ""
        _, name, value, rows = self.best
        objective = self.objective(rows[0])
        text = name + (f", mean of {len(rows)} seeds" if len(rows) > 1 else "")
        text += f": {score_text(objective, value)}"
        each = tuple(s for row in rows for s in row.proteins if s.part == "validation")
        interval = macro_interval(each) if objective is OBJECTIVES["auroc"] else None
        text += f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""
        return text + means_of(objective, rows)


def best_so_far(plan: Plan, ledger: Ledger) -> Best:
    """Return the best trial or run in a study's ledger.

    Parameters
    ----------
    plan
        The plan of the study.
    ledger
        Its ledger.

    Returns
    -------
    Best
        The best so far, to which further rows can be added.
    """
    best = Best(plan.search)
    best_of: Iterable[Row] = planned_runs(plan, ledger.rows())[0].values()
    for row in (*ledger.rows("search"), *best_of):
        best.add(row)
    return best


def means_of(objective: Objective, rows: Iterable[Row]) -> str:
    """Return over how many clusters an AUROC is a mean, and the mean over proteins; else ""."""
    both = averages(rows, "validation") if objective is OBJECTIVES["auroc"] else None
    if both is None:
        return ""
    return f", {both.source_words()}"


def score_text(objective: Objective, value: float) -> str:
    """Return a value with its name: "validation loss 0.512", "parameters 812,417"."""
    text = f"{value:,.1f}".removesuffix(".0") if objective.cost else f"{value:.3f}"
    return f"{objective.words} {text}"
