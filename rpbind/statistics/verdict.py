"""The decision rule: Holm's correction over a report's contrasts, and the verdicts it may use.

The interval shown for a contrast has the level of its Holm step, so it excludes zero exactly if
Holm rejects. Contrasts without an interval are not tested and do not count in the correction. If
one side of a contrast has collapsed runs and the other none, that is one more hypothesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rpbind.statistics.collapse import CollapseRates, RateTest
from rpbind.statistics.contrast import Inert, Interval, Result, Unattainable
from rpbind.statistics.folds import FoldInterval
from rpbind.statistics.power import Needs, needs

Word = Literal["better", "worse", "no meaningful effect", "inert", "inconclusive"]
Size = Literal["meaningful", "size uncertain", "detectable but negligible"]

ALPHA = 0.05
SCREENING_SEEDS = 3
FEW_CLUSTERS = 20
STAGED_SEEDS = 5
"""Fewest seeds for "no meaningful effect" in a study that is judged more than once."""


@dataclass(frozen=True)
class Verdict:
    """The verdict of one contrast.

    Parameters
    ----------
    word
        The verdict.
    size
        For "better" and "worse": how the interval lies relative to delta.
    alpha
        Level of its Holm step.
    mean
        Mean difference, in units of the metric; None if there is no paired cell.
    ci
        Interval at that level; None if nothing was tested.
    p
        Holm-adjusted p; None if nothing was tested.
    needs
        For "inconclusive": what would decide it, if that is known.
    reason
        Why it is inert, or inconclusive without a test.
    bound
        The largest possible difference; reports cut the interval there.
    overall
        Level of the whole report, which Holm divides; also that of the equivalence tests.
    rates
        The collapsed runs behind it; None if they were not counted.
    collapses
        The verdict on equal collapse rates, if one side has collapsed runs and the other none.
    """

    word: Word
    size: Size | None = None
    alpha: float = ALPHA
    mean: float | None = None
    ci: tuple[float, float] | None = None
    p: float | None = None
    needs: Needs | None = None
    reason: str = ""
    bound: float = 1.0
    overall: float = ALPHA
    rates: CollapseRates | None = None
    collapses: Verdict | None = None

    @property
    def possible_ci(self) -> tuple[float, float] | None:
        """The interval, cut at the largest possible differences; None if nothing was tested."""
        if self.ci is None:
            return None
        low, high = self.ci
        return max(low, -self.bound), min(high, self.bound)

    @property
    def is_cut(self) -> bool:
        """Whether the interval reaches beyond the largest possible differences."""
        return self.possible_ci != self.ci


def holm(p_K: NDArray[np.float64], alpha: float = ALPHA) -> tuple[NDArray[np.float64], ...]:
    """Return Holm's adjusted p (K,) and the level of each contrast's interval (K,).

    The step-down stops at the first p above its level; all later contrasts get that level too.
    Contrasts with the same p get the level of the first of them: equal data have equal intervals.
    Holm 1979, Scandinavian Journal of Statistics 6:65.
    """
    K = len(p_K)
    order_K = np.argsort(p_K, kind="stable")
    left_K = np.arange(K, 0, -1)
    sorted_K = p_K[order_K]
    adjusted_K, level_K = np.empty(K), np.empty(K)
    adjusted_K[order_K] = np.minimum(np.maximum.accumulate(left_K * sorted_K), 1.0)
    stops = np.flatnonzero(sorted_K > alpha / left_K)
    last = stops[0] if len(stops) else K - 1
    step_K = np.searchsorted(sorted_K, sorted_K)
    level_K[order_K] = alpha / left_K[np.minimum(step_K, last)]
    return adjusted_K, level_K


def verdicts(
    results: Sequence[Result],
    delta: float,
    alpha: float = ALPHA,
    rates: Sequence[CollapseRates | None] = (),
    *,
    staged: bool = False,
) -> list[Verdict]:
    """Return the verdicts of the contrasts of one report, which are one family of hypotheses.

    Parameters
    ----------
    results
        The K intervals, or why there is none.
    delta
        Largest negligible difference, in units of the metric.
    alpha
        Level of the family.
    rates
        The collapsed runs behind each of the K contrasts; empty if they were not counted.
    staged
        Whether the study is judged more than once; "no meaningful effect" then needs 5 seeds.

    Returns
    -------
    list[Verdict]
        One for each contrast, in the same order.
    """
    counted = list(rates) or [None] * len(results)
    rate_tests = [each.rate_test if each else None for each in counted]
    tested = [
        r for r in (*results, *rate_tests) if isinstance(r, Interval | FoldInterval | RateTest)
    ]
    adjusted, levels = holm(np.array([r.p for r in tested]), alpha)
    steps = iter(zip(adjusted.tolist(), levels.tolist(), strict=True))
    mean_verdicts = [
        _untested(r)
        if isinstance(r, Inert | Unattainable)
        else judge(r, *next(steps), delta, alpha)
        for r in results
    ]
    rate_verdicts = [
        None if c is None else _rate_verdict(c, *next(steps), alpha) for c in rate_tests
    ]
    fewest = STAGED_SEEDS if staged else 0
    return [
        replace(_require_seeds(mean, result, fewest), rates=each, collapses=other)
        for mean, result, each, other in zip(
            mean_verdicts, results, counted, rate_verdicts, strict=True
        )
    ]


def judge(
    interval: Interval | FoldInterval,
    p: float,
    alpha: float,
    delta: float,
    overall: float = ALPHA,
) -> Verdict:
    """Return the verdict of a tested contrast at the level of its Holm step."""
    low, high = interval.ci(alpha)

    def verdict(word: Word, size: Size | None = None, needed: Needs | None = None) -> Verdict:
        ci, bound = (low, high), interval.bound
        return Verdict(
            word, size, alpha, interval.mean, ci, p, needed, bound=bound, overall=overall
        )

    if low > 0:
        return verdict("better", _size(low, high, delta))
    if high < 0:
        return verdict("worse", _size(-high, -low, delta))
    if interval.is_equivalent(delta, overall):
        return verdict("no meaningful effect")
    # an interval over folds has no variance components from which to compute what is needed
    more = needs(interval, alpha, delta) if isinstance(interval, Interval) else None
    return verdict("inconclusive", needed=more)


def _size(near: float, far: float, delta: float) -> Size:
    if near >= delta:
        return "meaningful"
    return "detectable but negligible" if far <= delta else "size uncertain"


def _untested(result: Unattainable | Inert) -> Verdict:
    if isinstance(result, Inert):
        return Verdict("inert", mean=0.0, reason="all paired runs have identical scores")
    return Verdict("inconclusive", mean=result.mean, reason=f"unattainable: {result.reason}")


def _rate_verdict(found: RateTest, p: float, level: float, alpha: float) -> Verdict:
    word: Word = "inconclusive"
    if p <= alpha:
        word = "worse" if found.arm.collapsed else "better"
    return Verdict(word, alpha=level, p=p, overall=alpha)


def _require_seeds(verdict: Verdict, result: Result, fewest: int) -> Verdict:
    """Replace "no meaningful effect" by "inconclusive" if there are too few seeds."""
    few = isinstance(result, Interval) and result.seeds < fewest
    if verdict.word != "no meaningful effect" or not few:
        return verdict
    why = f"a study that is judged more than once needs {fewest} seeds for 'no meaningful effect'"
    return replace(verdict, word="inconclusive", reason=why)
