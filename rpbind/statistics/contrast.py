"""The two-way interval of one contrast: seeds and protein clusters are both random factors.

Shapes: S paired seeds, G protein clusters. `d_SG` is metric(arm) - metric(reference) of each seed
and cluster, a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import stdtrit

from rpbind.statistics.folds import FoldInterval

SMALLEST_P = 1e-100
"""The smallest p that is computed; t quantiles overflow not far below."""

FEWEST_DF = 3
"""Fewest degrees of freedom for which variances are reported: with 2, the 95 % interval of a
variance spans a factor of 146."""


@dataclass(frozen=True)
class Interval:
    """The mean difference of S x G cells, and the mean squares from which its interval follows.

    Parameters
    ----------
    mean
        Mean of all cells, in units of the metric.
    seeds
        S.
    clusters
        G.
    run_ms
        G times the variance of the row (seed) means.
    cluster_ms
        S times the variance of the column (cluster) means.
    cell_ms
        Mean square of the residuals.
    bound
        The largest possible difference: 1 for two AUROCs.
    """

    mean: float
    seeds: int
    clusters: int
    run_ms: float
    cluster_ms: float
    cell_ms: float
    bound: float = 1.0

    def half(self, alpha: float) -> float:
        """Return the half-width of the two-sided interval at level 1 - alpha.

        Parameters
        ----------
        alpha
            Such as 0.05 for a 95 % interval.

        Returns
        -------
        float
            In units of the metric.
        """
        runs = stdtrit(self.seeds - 1, alpha / 2) ** 2 * self.run_ms
        clusters = stdtrit(self.clusters - 1, alpha / 2) ** 2 * max(
            self.cluster_ms - self.cell_ms, 0.0
        )
        return math.sqrt((runs + clusters) / (self.seeds * self.clusters))

    def ci(self, alpha: float = 0.05) -> tuple[float, float]:
        """Return the interval at level 1 - alpha.

        Parameters
        ----------
        alpha
            Such as 0.05 for a 95 % interval.

        Returns
        -------
        tuple[float, float]
            Lower and upper end, in units of the metric.
        """
        half = self.half(alpha)
        return self.mean - half, self.mean + half

    @property
    def p(self) -> float:
        """Two-sided p: the alpha at which the interval touches zero; at least 1e-100."""
        if self.mean == 0.0:
            return 1.0
        if self.half(SMALLEST_P) <= abs(self.mean):
            return SMALLEST_P
        log_p = brentq(
            lambda log_alpha: self.half(math.exp(log_alpha)) - abs(self.mean),
            math.log(SMALLEST_P),
            0.0,
            xtol=1e-10,
        )
        return math.exp(log_p)

    def is_equivalent(self, delta: float, alpha: float = 0.05) -> bool:
        """Whether two one-sided tests show that the difference is smaller than delta.

        Parameters
        ----------
        delta
            Largest negligible difference, in units of the metric.
        alpha
            Level of each of the two tests.

        Returns
        -------
        bool
            True if both tests reject.
        """
        return abs(self.mean) + self.half(2 * alpha) < delta

    @property
    def has_few_df(self) -> bool:
        """Whether there are too few seeds or clusters to estimate a variance."""
        return min(self.seeds, self.clusters) - 1 < FEWEST_DF

    @property
    def run_variance(self) -> float:
        """Variance of the seeds' effects on the difference (the estimate may be below zero)."""
        return (self.run_ms - self.cell_ms) / self.clusters

    @property
    def cluster_variance(self) -> float:
        """Variance of the clusters' effects on the difference (the estimate may be below zero)."""
        return (self.cluster_ms - self.cell_ms) / self.seeds


@dataclass(frozen=True)
class Unattainable:
    """No interval can be computed from a table.

    Parameters
    ----------
    mean
        Mean difference; None if there is no paired cell.
    reason
        Why there is no interval.
    """

    mean: float | None
    reason: str


@dataclass(frozen=True)
class Inert:
    """All paired runs have identical scores, so there is nothing to test."""


Result = Interval | FoldInterval | Unattainable | Inert


def two_way(d_SG: NDArray[np.float64], bound: float = 1.0) -> Interval | Unattainable:
    """Return the two-way interval of a mean difference.

    Parameters
    ----------
    d_SG
        (S, G) differences per seed and protein cluster.
    bound
        The largest possible difference.

    Returns
    -------
    Interval | Unattainable
        `Unattainable` without 2 seeds, 2 clusters, or any spread.

    Raises
    ------
    ValueError
        If a cell is not a finite number.
    """
    S, G = d_SG.shape
    if S == 0:
        return Unattainable(None, "no run of the two arms is paired")
    if G == 0:
        return Unattainable(None, "no protein cluster has an AUROC in all paired runs")
    if not np.isfinite(d_SG).all():
        raise ValueError(f"{(~np.isfinite(d_SG)).sum()} of {S} x {G} differences are not finite")
    mean = float(d_SG.mean())
    if S == 1 or G == 1:
        few = "1 paired seed" if S == 1 else "1 protein cluster"
        return Unattainable(mean, f"an interval needs 2 seeds and 2 protein clusters; got {few}")
    interval = _mean_squares(d_SG, mean, bound)
    spread = interval.run_ms + max(interval.cluster_ms - interval.cell_ms, 0.0)
    if mean != 0.0 and spread <= (1e-10 * mean) ** 2:
        return Unattainable(mean, "all cells have the same difference, so there is no spread")
    return interval


def _mean_squares(d_SG: NDArray[np.float64], mean: float, bound: float) -> Interval:
    S, G = d_SG.shape
    row_S, column_G = d_SG.mean(axis=1), d_SG.mean(axis=0)
    residual_SG = d_SG - row_S[:, None] - column_G[None, :] + mean
    return Interval(
        mean=mean,
        seeds=S,
        clusters=G,
        run_ms=G * float(row_S.var(ddof=1)),
        cluster_ms=S * float(column_G.var(ddof=1)),
        cell_ms=float((residual_SG**2).sum()) / ((S - 1) * (G - 1)),
        bound=bound,
    )
