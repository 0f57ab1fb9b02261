"""The power of a design: minimal detectable effects, and the seeds or clusters that are needed."""

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
"""Larger numbers of seeds or clusters are reported as "more than" this."""


@cache
def noncentrality(n: int, alpha: float, power: float = POWER) -> float:
    """Return the noncentrality parameter at which a two-sided t test of n pairs has `power`."""
    critical = -float(stdtrit(n - 1, alpha / 2))
    return float(
        brentq(lambda nc: 1.0 - nctdtr(n - 1, nc, critical) - power, 0.0, 4.0 * critical + 4.0)
    )


def mde(n: int, alpha: float, power: float = POWER) -> float:
    """Return the minimal detectable effect of a paired t test.

    Parameters
    ----------
    n
        Number of pairs.
    alpha
        Two-sided level.
    power
        Probability of detection.

    Returns
    -------
    float
        In units of the standard deviation of the paired differences.
    """
    return noncentrality(n, alpha, power) / math.sqrt(n)


@dataclass(frozen=True)
class Needs:
    """What an inconclusive contrast could have detected, and what would decide it.

    Parameters
    ----------
    mde
        Minimal detectable effect, in units of the metric.
    seeds
        Fewest seeds that detect an effect of delta at the same level with the same clusters; None
        if 1,000 are too few.
    clusters
        Fewest clusters that do so with the same seeds; None if 1,000 are too few.
    has_few_df
        Whether the variances are too uncertain to advise a number; both numbers are then None.
    """

    mde: float
    seeds: int | None
    clusters: int | None
    has_few_df: bool = False


def needs(interval: Interval, alpha: float, delta: float) -> Needs:
    """Return the minimal detectable effect at 80 % power, and the seeds or clusters for delta."""
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
    # The sum in the interval, with noncentralities in place of t quantiles: exact for one factor.
    # The variance components stay as measured when S or G change.
    runs = max(interval.run_variance, 0.0) / S
    cells = min(interval.cell_ms, interval.run_ms) / (S * G)
    clusters = max(interval.cluster_variance, 0.0) / G
    return math.sqrt(
        noncentrality(S, alpha) ** 2 * (runs + cells) + noncentrality(G, alpha) ** 2 * clusters
    )
