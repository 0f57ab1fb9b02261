"""What tuning did, and what it can say: winners, their optimism, expected best of n, contrasts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

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
    """The best of one search: its value there, and what it reached on fresh seeds (means).

    `values` are what it was given of the space, in words, and `why` says why the first trial that
    is not whole is not. `trials` counts the search's trials, `reads` the confirming runs, each of
    which read test once; `planned` is how many trials were asked for. `ci` is the 95 %
    interval of the test score over these runs and protein clusters.
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
    """Configurations of the whole space, where they are finitely many."""

    @property
    def untried(self) -> int:
        """How many configurations of a finite space were left out while others were repeated."""
        repeated = self.trials > self.configurations
        return self.size - self.configurations if self.size is not None and repeated else 0

    @property
    def optimism(self) -> float | None:
        """How much better the search said it was than test: the winner's curse, and the splits'."""
        return (
            None
            if self.search_score is None or self.test is None
            else self.search_score - self.test
        )


@dataclass(frozen=True)
class TunedContrast:
    """One comparison of two tuned arms over searches or configurations, with its verdict."""

    paired: PairedUnits
    result: Result
    verdict: Verdict

    @property
    def is_screening(self) -> bool:
        """Whether so few units are paired that the verdict only says what to look at next."""
        return self.paired.n <= SCREENING_SEEDS

    @property
    def unit(self) -> str:
        """What is paired."""
        return "configuration" if self.paired.shared else "search"


@dataclass(frozen=True)
class Tuned:
    """A study's searches and winners; contrasts are empty where `refusal` says why."""

    searches: tuple[SearchResult, ...]
    winners: tuple[Winner, ...]
    expected: dict[str, NDArray[np.float64]]
    unit: str
    part: str
    contrasts: tuple[TunedContrast, ...]
    refusal: str

    @property
    def repeats(self) -> bool:
        """Whether a trial had the configuration and the seeds of an earlier one."""
        return any(trial.repeats for search in self.searches for trial in search.trials)

    @property
    def equal(self) -> bool:
        """Whether every search made as many trials as every other."""
        return len({len(search.trials) for search in self.searches}) <= 1


def expected_best(value_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,): the expected maximum of n of these N values, drawn without replacement.

    Unbiased; for n = N it is the maximum. Tang et al. 2020, ACL, "Showing your work doesn't always
    work".
    """
    sorted_N = np.sort(value_N)
    N = len(sorted_N)
    place_N = np.arange(1, N + 1)
    best = []
    for n in range(1, N + 1):
        open_N = place_N >= n  # the k-th smallest is the best of n in C(k-1, n-1) of C(N, n) draws
        log_N = _log_choose(place_N[open_N] - 1, n - 1) - _log_choose(np.array(N), n)
        best.append(float(np.exp(log_N) @ sorted_N[open_N]))
    return np.array(best)


def summarise_tuned(plan: Plan, rows: Sequence[Row], trials: list[Row]) -> Tuned:
    """Return what a study's searches found; `rows` are the runs that confirm their winners."""
    said = plan.search or {}
    found = searches(plan, trials)
    contrasts = [ContrastPlan.model_validate(c) for c in said.get("contrasts", ())]
    shared = bool(said.get("shared"))
    count = int(said.get("searches", 1))
    refusal = why_no_verdict(count, shared=shared) if contrasts else ""
    if contrasts and "closed" not in said:
        refusal = "The searches are not finished: their winners are not named yet."
    units = units_of(plan, rows, trials)
    planned = int(said.get("trials", 0)) if shared else count
    asked = [] if refusal else contrasts
    paired = [pair_units(contrast, units, planned, shared=shared) for contrast in asked]
    results = [each.result for each in paired]
    bad = collapsed_units(units, [*rows, *trials], "validation" if shared else "test")
    counted = [collapse_rates(weights_of(p.contrast), p.units, p.d_UG, bad) for p in paired]
    alpha, staged = level_of(analysis_number(plan)), bool(plan.looks)
    judged = verdicts(results, plan.delta, alpha, counted, staged=staged)
    return Tuned(
        searches=tuple(found),
        winners=tuple(_winner(search, said, rows) for search in found),
        expected=_expected(found),
        unit="configuration" if shared else "search",
        part="validation" if shared else "test",
        contrasts=tuple(map(TunedContrast, paired, results, judged)),
        refusal=refusal,
    )


def _winner(search: SearchResult, said: Mapping[str, Any], rows: Sequence[Row]) -> Winner:
    won = said.get("winners", {}).get(search.name, {})
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
        values=format_values(values_of_best(said, best.rows[0].recipe)) if best else "",
        planned=int(said.get("trials", 0)),
        size=said.get("configurations"),
        first_failure=next((trial.why for trial in search.trials if trial.why), ""),
    )


def _ci(rows: Sequence[Row]) -> tuple[float, float] | None:
    """The two-way interval of the test score of one arm; None where there is none."""
    cells = [cluster_auroc(row) for row in rows]
    clusters = sorted(set.intersection(*map(set, cells))) if cells else []
    score_SG = np.array([[each[c] for c in clusters] for each in cells], dtype=np.float64)
    told = two_way(score_SG.reshape(len(cells), len(clusters)))
    return told.ci() if isinstance(told, Interval) else None


def _expected(found: Sequence[SearchResult]) -> dict[str, NDArray[np.float64]]:
    """{arm: expected best of n, mean over its searches}, of whole trials of a maximised score.

    A configuration counts once, however often it was drawn.
    """
    curves: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for search in found:
        values = [t.value for t in search.distinct if t.value is not None]
        if values and search.objective.mode == "max":
            curves[search.name.rpartition(".s")[0] or search.name].append(
                expected_best(np.array(values))
            )
    return {
        arm: np.mean([curve[: min(map(len, each))] for curve in each], axis=0)
        for arm, each in curves.items()
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(known)) if known else None


def _log_choose(n: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
