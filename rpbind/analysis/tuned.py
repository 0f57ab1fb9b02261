"""Results of searches: their winners, the winners' optimism, and contrasts of tuned arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.analysis.expected_best import expected_by_arm
from rpbind.analysis.winners import format_values, values_of_best
from rpbind.ledger import ContrastPlan, Plan, Row
from rpbind.ledger.search_results import SearchResult, searches
from rpbind.ledger.trials import OBJECTIVES
from rpbind.statistics.averages import Averages, averages
from rpbind.statistics.collapse import collapse_rates
from rpbind.statistics.contrast import Interval, Result, two_way
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.table import cluster_auroc, weights_of
from rpbind.statistics.units import (
    PairedUnits,
    collapsed_units,
    pair_units,
    units_of,
    why_no_verdict,
)
from rpbind.statistics.verdict import SCREENING_SEEDS, Verdict, verdicts

AUROC = OBJECTIVES["auroc"].key


@dataclass(frozen=True)
class Winner:
    """The winner of one search, and its scores on fresh seeds. Scores are macro AUROC.

    Parameters
    ----------
    search
        Name of the search.
    arm
        Name of the arm that the winner became.
    trial
        Name of the winning trial; empty while the search goes on.
    trials
        Number of the search's trials.
    configurations
        Number of different configurations among them.
    counts
        {outcome: number of trials}.
    search_score
        Validation score of the best trial in the search, mean over its seeds.
    validation
        Validation score on fresh seeds, mean.
    test
        Test score on the same fresh seeds, mean.
    test_reads
        Number of its runs that were evaluated on test, each once.
    ci
        95 % two-way interval of `test`, over runs and protein clusters.
    averages
        Test AUROC averaged over clusters and over proteins.
    values
        The searched values of the best trial, in words.
    first_failure
        Why the first incomplete trial is incomplete; empty if all are complete.
    planned
        Number of planned trials.
    size
        Number of configurations in the whole space; None if it is infinite.
    """

    search: str
    arm: str
    trial: str
    trials: int
    configurations: int
    counts: dict[str, int]
    search_score: float | None
    validation: float | None
    test: float | None
    test_reads: int
    ci: tuple[float, float] | None = None
    averages: Averages | None = None
    values: str = ""
    first_failure: str = ""
    planned: int = 0
    size: int | None = None

    @property
    def untried(self) -> int:
        """Number of configurations of a finite space not tried although others were repeated."""
        repeated = self.trials > self.configurations
        return self.size - self.configurations if self.size is not None and repeated else 0

    @property
    def optimism(self) -> float | None:
        """Score in the search minus test: the winner's curse plus the difference of the parts."""
        return (
            None
            if self.search_score is None or self.test is None
            else self.search_score - self.test
        )


@dataclass(frozen=True)
class TunedContrast:
    """One comparison of two tuned arms with its verdict.

    Parameters
    ----------
    paired
        Differences per search or configuration and protein cluster, in AUROC.
    result
        Two-way interval, or why there is none.
    verdict
        Verdict after Holm's correction.
    """

    paired: PairedUnits
    result: Result
    verdict: Verdict

    @property
    def is_screening(self) -> bool:
        """Whether so few units are paired that the verdict only shows what to examine next."""
        return self.paired.n <= SCREENING_SEEDS

    @property
    def unit(self) -> str:
        """What is paired."""
        return "configuration" if self.paired.shared else "search"


@dataclass(frozen=True)
class Tuned:
    """The searches of a study.

    Parameters
    ----------
    searches
        Their results.
    winners
        Their winners, in the same order.
    expected
        {arm: (N,) expected best validation score of n configurations, mean over its searches}.
    unit
        What is paired: "search" or "configuration".
    part
        Part on which tuned arms are compared: "test" or "validation".
    contrasts
        Contrasts of tuned arms with their verdicts.
    refusal
        Why `contrasts` is empty although the plan has contrasts; else empty.
    """

    searches: tuple[SearchResult, ...]
    winners: tuple[Winner, ...]
    expected: dict[str, NDArray[np.float64]]
    unit: str
    part: str
    contrasts: tuple[TunedContrast, ...]
    refusal: str

    @property
    def repeats(self) -> bool:
        """Whether any trial repeats the configuration and seeds of an earlier one."""
        return any(trial.repeats for search in self.searches for trial in search.trials)

    @property
    def equal(self) -> bool:
        """Whether all searches have the same number of trials."""
        return len({len(search.trials) for search in self.searches}) <= 1


def summarise_tuned(plan: Plan, rows: Sequence[Row], trials: list[Row]) -> Tuned:
    """Return the results of a study's searches; `rows` are the winners' runs on fresh seeds."""
    search_plan = plan.search or {}
    found = searches(plan, trials)
    contrasts = [ContrastPlan.model_validate(c) for c in search_plan.get("contrasts", ())]
    shared = bool(search_plan.get("shared"))
    count = int(search_plan.get("searches", 1))
    refusal = why_no_verdict(count, shared=shared) if contrasts else ""
    if contrasts and "closed" not in search_plan:
        refusal = "No verdict on tuned arms yet: the searches are not finished."
    units = units_of(plan, rows, trials)
    planned = int(search_plan.get("trials", 0)) if shared else count
    judgeable = [] if refusal else contrasts
    paired = [pair_units(contrast, units, planned, shared=shared) for contrast in judgeable]
    results = [each.result for each in paired]
    collapsed = collapsed_units(units, [*rows, *trials], "validation" if shared else "test")
    counted = [collapse_rates(weights_of(p.contrast), p.units, p.d_UG, collapsed) for p in paired]
    alpha, staged = level_of(analysis_number(plan)), bool(plan.looks)
    judged = verdicts(results, plan.delta, alpha, counted, staged=staged)
    return Tuned(
        searches=tuple(found),
        winners=tuple(_winner(search, search_plan, rows) for search in found),
        expected=expected_by_arm(found),
        unit="configuration" if shared else "search",
        part="validation" if shared else "test",
        contrasts=tuple(map(TunedContrast, paired, results, judged)),
        refusal=refusal,
    )


def _winner(search: SearchResult, search_plan: Mapping[str, Any], rows: Sequence[Row]) -> Winner:
    won = search_plan.get("winners", {}).get(search.name, {})
    mine = [row for row in rows if row.arm == won.get("arm") and row.state == "done"]
    best = search.best
    return Winner(
        search=search.name,
        arm=str(won.get("arm", search.name)),
        trial=str(won.get("trial", "")),
        trials=len(search.trials),
        configurations=len(search.distinct),
        counts=search.counts,
        search_score=_mean([row.metrics.get(AUROC) for row in best.rows]) if best else None,
        validation=_mean([row.metrics.get(AUROC) for row in mine]),
        test=_mean([row.metrics.get("test.auroc_macro") for row in mine]),
        test_reads=sum(
            "test.auroc_macro" in row.metrics for row in rows if row.arm == won.get("arm")
        ),
        ci=_ci(mine),
        averages=averages(mine),
        values=format_values(values_of_best(search_plan, best.rows[0].recipe)) if best else "",
        planned=int(search_plan.get("trials", 0)),
        size=search_plan.get("configurations"),
        first_failure=next((trial.why for trial in search.trials if trial.why), ""),
    )


def _ci(rows: Sequence[Row]) -> tuple[float, float] | None:
    """Return the two-way interval of one arm's test score; None if it cannot be computed."""
    cells = [cluster_auroc(row) for row in rows]
    clusters = sorted(set.intersection(*map(set, cells))) if cells else []
    score_SG = np.array([[each[c] for c in clusters] for each in cells], dtype=np.float64)
    result = two_way(score_SG.reshape(len(cells), len(clusters)))
    return result.ci() if isinstance(result, Interval) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(known)) if known else None
