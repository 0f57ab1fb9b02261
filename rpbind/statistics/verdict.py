"""The decision rule: Holm over a report's contrasts, and the only words that a report may use.

The interval shown for a contrast is the one at the level of its Holm step, so that it excludes
zero exactly where Holm rejects. Contrasts without an interval are not tested and not counted. Where
one arm of a contrast has collapsed runs and the other none, that is one more hypothesis.
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
"""Seeds that "no meaningful effect" needs in a study that is judged more than once."""


@dataclass(frozen=True)
class Verdict:
    """One contrast's verdict; `ci` and `p` are Holm-adjusted, None where nothing was tested."""

    word: Word
    size: Size | None = None
    alpha: float = ALPHA
    mean: float | None = None
    ci: tuple[float, float] | None = None
    p: float | None = None
    needs: Needs | None = None
    reason: str = ""
    bound: float = 1.0
    """The largest difference that there can be; an interval beyond it is cut where it is shown."""
    overall: float = ALPHA
    """The level of the whole report: what Holm divides, and that of the equivalence tests."""
    rates: CollapseRates | None = None
    """The collapsed runs behind it; None where they were not counted."""
    collapses: Verdict | None = None
    """The verdict on equal collapse rates, where one side has collapsed runs and the other none."""


def holm(p_K: NDArray[np.float64], alpha: float = ALPHA) -> tuple[NDArray[np.float64], ...]:
    """Return Holm's adjusted p (K,) and the level of each contrast's interval (K,).

    The step-down stops at the first p above its level; what comes after is held to that level.
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
    level_K[order_K] = alpha / left_K[np.minimum(np.arange(K), last)]
    return adjusted_K, level_K


def verdicts(
    results: Sequence[Result | FoldInterval],
    delta: float,
    alpha: float = ALPHA,
    rates: Sequence[CollapseRates | None] = (),
    *,
    staged: bool = False,
) -> list[Verdict]:
    """Return the verdict of every contrast of one report, which is one family of hypotheses.

    `delta` is in units of the metric. `rates` are the collapsed runs behind each contrast. A
    `staged` study is one that is judged more than once.
    """
    counted = list(rates) or [None] * len(results)
    apart = [each.rate_test if each else None for each in counted]
    tested = [r for r in (*results, *apart) if isinstance(r, Interval | FoldInterval | RateTest)]
    adjusted, levels = holm(np.array([r.p for r in tested]), alpha)
    steps = iter(zip(adjusted.tolist(), levels.tolist(), strict=True))
    means = [
        _untested(r)
        if isinstance(r, Inert | Unattainable)
        else judge(r, *next(steps), delta, alpha)
        for r in results
    ]
    rare = [None if c is None else _rate_verdict(c, *next(steps), alpha) for c in apart]
    fewest = STAGED_SEEDS if staged else 0
    return [
        replace(_require_seeds(mean, result, fewest), rates=each, collapses=other)
        for mean, result, each, other in zip(means, results, counted, rare, strict=True)
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

    def say(word: Word, size: Size | None = None, needed: Needs | None = None) -> Verdict:
        told = Verdict(word, size, alpha, interval.mean, (low, high), p, needed, overall=overall)
        return replace(told, bound=interval.bound)

    if low > 0:
        return say("better", _size(low, high, delta))
    if high < 0:
        return say("worse", _size(-high, -low, delta))
    if interval.is_equivalent(delta, overall):
        return say("no meaningful effect")
    # how many more runs would do is known where runs and clusters are told apart
    more = needs(interval, alpha, delta) if isinstance(interval, Interval) else None
    return say("inconclusive", needed=more)


def _size(near: float, far: float, delta: float) -> Size:
    if near >= delta:
        return "meaningful"
    return "detectable but negligible" if far <= delta else "size uncertain"


def _untested(result: Unattainable | Inert) -> Verdict:
    if isinstance(result, Inert):
        return Verdict("inert", mean=0.0, reason="every paired run scored identically")
    return Verdict("inconclusive", mean=result.mean, reason=f"unattainable: {result.reason}")


def _rate_verdict(found: RateTest, p: float, level: float, alpha: float) -> Verdict:
    word: Word = "inconclusive"
    if p <= alpha:
        word = "worse" if found.arm.collapsed else "better"
    return Verdict(word, alpha=level, p=p, overall=alpha)


def _require_seeds(verdict: Verdict, result: Result | FoldInterval, fewest: int) -> Verdict:
    """Take "no meaningful effect" back where so few seeds stand behind it."""
    few = isinstance(result, Interval) and result.seeds < fewest
    if verdict.word != "no meaningful effect" or not few:
        return verdict
    why = f"a study that is judged more than once needs {fewest} seeds to say that there is none"
    return replace(verdict, word="inconclusive", reason=why)
