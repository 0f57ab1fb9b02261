"""How well scores rank windows: AUROC and average precision of many groups with one sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DECIMALS = 5
"""Scores are rounded to this many decimals before they are ranked. Without rounding, a model that
ignores the RNA gets a per-protein AUROC of 0.43-0.61 from float noise, instead of exactly 0.5.
Rounding alone can still split two nearly equal scores across a boundary, so if all scores lie
within one step they are treated as tied."""


@dataclass(frozen=True)
class Ranking:
    """How well scores rank the windows of one group.

    Parameters
    ----------
    windows, positives
        Number of windows, and of those with label 1.
    auroc, auprc
        Area under the ROC curve, and average precision; None if a class is absent.
    auroc_weighted
        AUROC in which a pair of windows counts as the product of their weights; None if a class is
        absent, or without weights.
    """

    windows: int
    positives: int
    auroc: float | None
    auprc: float | None
    auroc_weighted: float | None = None


def rank_by_group(
    label_N: NDArray[np.uint8],
    score_N: NDArray[np.floating],
    group_N: NDArray[np.int64],
    weight_N: NDArray[np.float64] | None = None,
) -> dict[int, Ranking]:
    """Return how well scores rank the windows within each group, with one sort for all groups.

    Parameters
    ----------
    label_N
        (N,) 1 or 0.
    score_N
        (N,) finite scores; see `DECIMALS` for ties, which count as half.
    group_N
        (N,) the window's group, such as its protein.
    weight_N
        (N,) positive weights of the windows, for `Ranking.auroc_weighted` only.

    Returns
    -------
    dict
        {group: ranking}, for every group with a window.

    Raises
    ------
    ValueError
        If a score is NaN or infinite.
    """
    if not np.isfinite(score_N).all():
        raise ValueError("scores that are ranked must be finite; a score is NaN or infinite")
    order_N = np.lexsort((score_N, group_N))
    group_N, label_N = group_N[order_N], label_N[order_N].astype(np.int64)
    wide_N = score_N[order_N].astype(np.float64)
    first_G = np.flatnonzero(np.r_[True, np.diff(group_N) != 0])  # first window of each group
    last_G = np.r_[first_G[1:], len(group_N)] - 1
    one_score_G = wide_N[last_G] - wide_N[first_G] <= 10.0**-DECIMALS
    windows_G = last_G - first_G + 1
    ranked_N = np.where(np.repeat(one_score_G, windows_G), 0.0, np.round(wide_N, DECIMALS))

    starts_N = np.r_[True, np.diff(ranked_N) != 0]  # of T ties: equal scores of one group
    starts_N[first_G] = True
    first_T = np.flatnonzero(starts_N)
    positives_T = np.add.reduceat(label_N, first_T)
    negatives_T = np.diff(np.r_[first_T, len(label_N)]) - positives_T
    tie_G = np.searchsorted(first_T, first_G)  # first tie of each group
    ties_G = np.diff(np.r_[tie_G, len(first_T)])
    positives_G = np.add.reduceat(positives_T, tie_G)
    negatives_G = windows_G - positives_G

    below_T = np.cumsum(negatives_T) - negatives_T  # negatives with a lower score
    below_T -= np.repeat(below_T[tie_G], ties_G)
    pairs_G = np.add.reduceat(positives_T * (2 * below_T + negatives_T), tie_G)  # in half pairs
    true_T = positives_T + _above(positives_T, positives_G, tie_G, ties_G)
    called_T = true_T + negatives_T + _above(negatives_T, negatives_G, tie_G, ties_G)
    precision_G = np.add.reduceat(positives_T * (true_T / called_T), tie_G)
    weighted_G: Sequence[float | None] = [None] * len(first_G)
    if weight_N is not None:
        bound_N = weight_N[order_N] * label_N
        bound_T = np.add.reduceat(bound_N, first_T)
        unbound_T = np.add.reduceat(weight_N[order_N] - bound_N, first_T)
        weighted_G = _weighted(bound_T, unbound_T, tie_G, ties_G)
    return {
        int(group): Ranking(
            int(windows),
            int(positives),
            float(pairs / (2 * positives * (windows - positives))) if both else None,
            float(precision / positives) if both else None,
            weighted if both else None,
        )
        for group, windows, positives, pairs, precision, weighted, both in zip(
            group_N[first_G],
            windows_G,
            positives_G,
            pairs_G,
            precision_G,
            weighted_G,
            (positives_G > 0) & (negatives_G > 0),
            strict=True,
        )
    }


def _weighted(
    bound_T: NDArray[np.float64],
    unbound_T: NDArray[np.float64],
    tie_G: NDArray[np.int64],
    ties_G: NDArray[np.int64],
) -> list[float]:
    """Return the weighted AUROC of each group from the weights of its ties; NaN for one class."""
    below_T = np.cumsum(unbound_T) - unbound_T
    below_T -= np.repeat(below_T[tie_G], ties_G)
    pairs_G = np.add.reduceat(bound_T * (2 * below_T + unbound_T), tie_G)  # in half pairs
    bound_G, unbound_G = np.add.reduceat(bound_T, tie_G), np.add.reduceat(unbound_T, tie_G)
    with np.errstate(invalid="ignore", divide="ignore"):
        auroc_G = pairs_G / (2 * bound_G * unbound_G)
    found: list[float] = np.clip(auroc_G, 0.0, 1.0).tolist()  # sums of weights are not exact
    return found


def _above(
    count_T: NDArray[np.int64],
    total_G: NDArray[np.int64],
    tie_G: NDArray[np.int64],
    ties_G: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return how many of a group's counts are in ties with a higher score."""
    up_to_T = np.cumsum(count_T)
    before_G = up_to_T[tie_G] - count_T[tie_G]
    return np.repeat(total_G + before_G, ties_G) - up_to_T
