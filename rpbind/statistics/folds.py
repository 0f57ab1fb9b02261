"""The interval of repeated grouped K-fold cross-validation, corrected for shared training windows.

Folds share training windows, so their spread underestimates the variance. J = S repeats x K folds.
Nadeau and Bengio 2003, Machine Learning 52:239.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

FEWEST_FOLDS = 3
"""One fold is for the test, one for validation, so that training needs a third."""


@dataclass(frozen=True)
class FoldInterval:
    """The mean difference over J folds and its corrected standard error.

    Parameters
    ----------
    mean
        Mean of the differences, in units of the metric.
    se
        Its corrected standard error.
    folds
        J.
    bound
        The largest possible difference: 1 for two AUROCs.
    """

    mean: float
    se: float
    folds: int
    bound: float = 1.0

    def half(self, alpha: float) -> float:
        """Return the half-width of the interval at level 1 - alpha, in units of the metric."""
        return -float(stdtrit(self.folds - 1, alpha / 2)) * self.se

    @property
    def p(self) -> float:
        """Two-sided p of a difference of zero."""
        return 2.0 * float(stdtr(self.folds - 1, -abs(self.mean) / self.se))

    def ci(self, alpha: float = 0.05) -> tuple[float, float]:
        """Return lower and upper end of the interval at level 1 - alpha."""
        half = self.half(alpha)
        return self.mean - half, self.mean + half

    def is_equivalent(self, delta: float, alpha: float = 0.05) -> bool:
        """Whether two one-sided tests at alpha show that the difference is smaller than delta."""
        return abs(self.mean) + self.half(2 * alpha) < delta


def over_folds(d_SK: NDArray[np.float64], bound: float = 1.0) -> FoldInterval | str:
    """Return the interval of paired differences of S repeats of K folds.

    The test part of a fold has 1/(K-2) of the size of its training part, as one more fold is its
    validation part. Hence SE^2 = s^2 (1/J + 1/(K-2)), with J - 1 degrees of freedom.

    Parameters
    ----------
    d_SK
        (S, K) differences, each repeat with other folds.
    bound
        The largest possible difference.

    Returns
    -------
    FoldInterval | str
        The interval, or why there is none.

    Raises
    ------
    ValueError
        If a difference is not a finite number.
    """
    J, K = d_SK.size, d_SK.shape[1]
    if not np.isfinite(d_SK).all():
        raise ValueError(f"{(~np.isfinite(d_SK)).sum()} of {J} differences are not finite")
    if K < FEWEST_FOLDS:
        return f"an interval over folds needs {FEWEST_FOLDS} of them; got {K}"
    variance = float(d_SK.var(ddof=1))
    if variance == 0.0:
        return "all folds have the same difference, so there is no spread"
    se = math.sqrt(variance * (1 / J + 1 / (K - 2)))
    return FoldInterval(float(d_SK.mean()), se, J, bound)
