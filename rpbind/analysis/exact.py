"""Exact paired tests, and the answer where there are too few pairs for any p below 0.05."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

from rpbind.statistics.contrast import Unattainable

FEWEST = 6
"""Pairs: with five the smallest two-sided p of either test is 2 / 2^5 = 0.0625."""
TIE = 1e-12
MOST = 16
"""Beyond this many pairs a sign-flip test would draw its flips, and is not exact."""


def sign_flip(d_S: NDArray[np.float64]) -> float | Unattainable:
    """Return the two-sided p of the mean over every flip of the signs of S differences."""
    if refused := _refused(d_S):
        return refused
    if len(d_S) > MOST:
        return Unattainable(float(d_S.mean()), f"{len(d_S)} pairs have too many flips to try all")
    flips_FS = np.array(list(product((1.0, -1.0), repeat=len(d_S))))
    sum_F = np.abs(flips_FS @ d_S)
    return float((sum_F >= sum_F[0] * (1 - TIE)).mean())


def signed_rank(d_S: NDArray[np.float64]) -> float | Unattainable:
    """Return the two-sided p of Wilcoxon's signed-rank test of S differences, zeros left out.

    Equal sizes share their mean rank, and then every flip of the ranks' signs is tried.
    """
    if refused := _refused(d_S):
        return refused
    told_S = d_S[d_S != 0]
    rank_S = rankdata(np.abs(told_S))
    if len(np.unique(rank_S)) < len(rank_S):
        return sign_flip(np.sign(told_S) * rank_S)
    return float(wilcoxon(told_S, method="exact").pvalue)


def _refused(d_S: NDArray[np.float64]) -> Unattainable | None:
    told = int(np.count_nonzero(d_S))
    if told >= FEWEST:
        return None
    mean = float(d_S.mean()) if len(d_S) else None
    return Unattainable(
        mean,
        f"{told} pairs that differ: with 5 or fewer no arrangement of signs reaches p < 0.05; "
        f"{FEWEST} are needed",
    )
