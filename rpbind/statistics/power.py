"""What a design can see: minimal detectable effects, and the seeds or proteins that would do."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

from rpbind.statistics.contrast import Interval

POWER = 0.80
MOST_UNITS = 1000
"""Seeds or clusters beyond this many are told as "more than"."""


@cache
def noncentrality(n: int, alpha: float, power: float = POWER) -> float:
    """Return the noncentrality at which a two-sided t test of n pairs has `power`."""
    critical = -float(stdtrit(n - 1, alpha / 2))
    return float(
        brentq(lambda nc: 1.0 - nctdtr(n - 1, nc, critical) - power, 0.0, 4.0 * critical + 4.0)
    )


def mde(n: int, alpha: float, power: float = POWER) -> float:
    """Return the smallest effect that n pairs detect, in units of the sd of paired differences."""
    return noncentrality(n, alpha, power) / math.sqrt(n)


@dataclass(frozen=True)
class Needs:
    """What an inconclusive contrast could have seen, and what would settle it.

    `mde` is in units of the metric. `seeds` and `clusters` are the smallest number (the other one
    as it is) that detects an effect of delta at the same level; None where no number up to 1,000
    does. `has_few_df` says that the variances behind them are not known well enough for any number.
    """

    mde: float
    seeds: int | None
    clusters: int | None
    has_few_df: bool = False


def needs(interval: Interval, alpha: float, delta: float) -> Needs:
    """Return the minimal detectable effect at 80 % power, and seeds or clusters for delta."""
    S, G = interval.seeds, interval.clusters
    if interval.has_few_df:
        return Needs(_two_way_mde(interval, S, G, alpha), None, None, has_few_df=True)
    seeds = 2 + bisect_left(
        range(2, MOST_UNITS + 1), True, key=lambda n: _two_way_mde(interval, n, G, alpha) <= delta
    )
    clusters = 2 + bisect_left(
        range(2, MOST_UNITS + 1), True, key=lambda n: _two_way_mde(interval, S, n, alpha) <= delta
    )
    return Needs(
        mde=_two_way_mde(interval, S, G, alpha),
        seeds=seeds if seeds <= MOST_UNITS else None,
        clusters=clusters if clusters <= MOST_UNITS else None,
    )


def _two_way_mde(interval: Interval, S: int, G: int, alpha: float) -> float:
    # The interval's own sum with t quantiles replaced by noncentralities; it is exact for one
    # factor. The components stay as measured when S or G change.
    runs = max(interval.run_variance, 0.0) / S
    cells = min(interval.cell_ms, interval.run_ms) / (S * G)
    clusters = max(interval.cluster_variance, 0.0) / G
    return math.sqrt(
        noncentrality(S, alpha) ** 2 * (runs + cells) + noncentrality(G, alpha) ** 2 * clusters
    )
