"""Curves of window scores on fixed grids: calibration, ROC, and precision by recall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from rpbind.metrics import WindowScores
from rpbind.statistics.ranking import DECIMALS

BINS = 10
"""Bins of predicted probability, of equal width."""

GRID_F = np.linspace(0, 1, 51)
"""The false-positive rates of a ROC curve, and the recalls of a precision-recall curve."""

DIGITS = 5


@dataclass(frozen=True)
class Bin:
    """The windows whose predicted probability is in [low, high)."""

    low: float
    high: float
    windows: int
    mean_probability: float
    """Mean predicted probability."""
    bound_share: float
    """Share of windows that the protein binds."""


@dataclass(frozen=True)
class Reliability:
    """How well probabilities agree with frequencies.

    Parameters
    ----------
    brier
        Brier score, the mean squared error of the probabilities.
    ece
        Expected calibration error: the mean over windows of |mean_probability - bound_share| of
        their bin.
    bins
        The bins of the ECE that hold windows, by increasing probability.
    """

    brier: float
    ece: float
    bins: tuple[Bin, ...]


def reliability(probability_N: NDArray[np.float64], label_N: NDArray[np.uint8]) -> Reliability:
    """Compute the Brier score and the expected calibration error over ten bins of equal width.

    Parameters
    ----------
    probability_N
        (N,) predicted probabilities.
    label_N
        (N,) labels, 0 or 1.

    Returns
    -------
    The reliability of the probabilities.
    """
    place_N = np.minimum((probability_N * BINS).astype(np.int64), BINS - 1)
    bins = []
    for place in range(BINS):
        mine = place_N == place
        if mine.any():
            mean, share = float(probability_N[mine].mean()), float(label_N[mine].mean())
            bins.append(Bin(place / BINS, (place + 1) / BINS, int(mine.sum()), mean, share))
    gaps = sum(b.windows * abs(b.mean_probability - b.bound_share) for b in bins)
    brier = float(np.mean((probability_N - label_N) ** 2))
    return Reliability(brier, gaps / len(label_N), tuple(bins))


def raw_probabilities(logit_N: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities that logits stand for, without calibration.

    Parameters
    ----------
    logit_N
        (N,) logits.

    Returns
    -------
    (N,) float64 probabilities.
    """
    return expit(logit_N.astype(np.float64))


def score_curves(scores: WindowScores, calibrated_N: NDArray[np.float64]) -> dict[str, list[float]]:
    """Return the curves of a part's scores, as a row of the ledger keeps them.

    Parameters
    ----------
    scores
        Logits and labels of the N windows of the part.
    calibrated_N
        (N,) their calibrated probabilities.

    Returns
    -------
    dict
        `raw.*` and `calibrated.*`: `windows`, `probability` and `bound` of each of the ten bins
        (0 in a bin without windows). `roc.*` and `pr.*`: sensitivity and precision at each point of
        `GRID_F`, `pooled` over all windows and as the plain mean over `proteins` with both classes;
        `proteins`: their number. A curve that is undefined is left out.
    """
    raw_N = raw_probabilities(scores.logit_N)
    found: dict[str, list[float]] = {}
    for name, probability_N in (("raw", raw_N), ("calibrated", calibrated_N)):
        bins = {round(b.low * BINS): b for b in reliability(probability_N, scores.label_N).bins}
        every = [bins.get(place, Bin(0, 0, 0, 0.0, 0.0)) for place in range(BINS)]
        found[f"{name}.windows"] = [float(b.windows) for b in every]
        found[f"{name}.probability"] = _rounded([b.mean_probability for b in every])
        found[f"{name}.bound"] = _rounded([b.bound_share for b in every])
    pooled = both_curves(scores.label_N, scores.logit_N)
    each = [both_curves(*one) for one in _by_protein(scores)]
    known = [curves for curves in each if curves is not None]
    if pooled is not None:
        found |= {"roc.pooled": _rounded(pooled[0]), "pr.pooled": _rounded(pooled[1])}
    if known:
        roc_F, pr_F = (np.mean([curves[n] for curves in known], axis=0) for n in (0, 1))
        found |= {"roc.proteins": _rounded(roc_F), "pr.proteins": _rounded(pr_F)}
        found["proteins"] = [float(len(known))]
    return found


def both_curves(
    label_N: NDArray[np.uint8], score_N: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the ROC and the precision-recall curve of N windows on the grid.

    Ties are those of `rank_by_group`. Between two cuts the ROC is a straight line; precision is
    that of the first cut, from the highest score, that reaches the recall.

    Parameters
    ----------
    label_N
        (N,) 1 or 0.
    score_N
        (N,) finite scores.

    Returns
    -------
    tuple of ndarray
        (F,) sensitivity by false-positive rate, and (F,) precision by recall; None if a class is
        absent.
    """
    positives = int(label_N.sum())
    negatives = len(label_N) - positives
    if not positives or not negatives:
        return None
    wide_N = score_N.astype(np.float64)
    tied = np.ptp(wide_N) <= 10.0**-DECIMALS
    ranked_N = np.zeros_like(wide_N) if tied else np.round(wide_N, DECIMALS)
    order_N = np.argsort(-ranked_N, kind="stable")
    last_C = np.r_[np.flatnonzero(np.diff(ranked_N[order_N])), len(label_N) - 1]
    true_C = np.cumsum(label_N[order_N] == 1)[last_C]
    false_C = last_C + 1 - true_C
    # of points with one false-positive rate, np.interp takes the last one, which is the highest
    roc_F = np.interp(GRID_F, np.r_[0, false_C] / negatives, np.r_[0, true_C] / positives)
    first_F = np.searchsorted(true_C, np.ceil(GRID_F * positives - 1e-9))
    return roc_F, true_C[first_F] / (last_C[first_F] + 1)


def _by_protein(
    scores: WindowScores,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    order_N = np.argsort(scores.protein_N, kind="stable")
    cuts = np.flatnonzero(np.diff(scores.protein_N[order_N])) + 1
    for mine in np.split(order_N, cuts):
        yield scores.label_N[mine], scores.logit_N[mine]


def _rounded(values: list[float] | NDArray[np.float64]) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
