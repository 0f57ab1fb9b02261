"""Calibrated probabilities and a threshold, both chosen on a run's validation windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from rpbind.metrics import WindowScores
from rpbind.score_curves import raw_probabilities, reliability
from rpbind.statistics.ranking import DECIMALS

CALIBRATED = ("mcc", "brier", "brier_calibrated", "ece", "ece_calibrated")
"""The metrics of `calibrated_metrics`, by their name in a row (after "test.")."""


@dataclass(frozen=True)
class Calibration:
    """Platt scaling and a threshold, both chosen on validation windows.

    A logit z has the calibrated probability 1 / (1 + exp(-(slope * z + intercept))).

    Parameters
    ----------
    slope
        Slope of Platt scaling.
    intercept
        Intercept of Platt scaling.
    threshold
        A window with a logit above it is predicted as bound: the cut with the greatest MCC.
    windows
        Number of validation windows.
    """

    slope: float
    intercept: float
    threshold: float
    windows: int

    def probability(self, logit_N: NDArray[np.floating]) -> NDArray[np.float64]:
        """Calibrate logits.

        Parameters
        ----------
        logit_N
            (N,) logits.

        Returns
        -------
        (N,) float64 probabilities.
        """
        return expit(self.slope * logit_N.astype(np.float64) + self.intercept)


def calibrate(scores: WindowScores) -> Calibration:
    """Choose slope, intercept and threshold on the scores of the validation windows."""
    slope, intercept = _platt(scores.logit_N.astype(np.float64), scores.label_N)
    cut = mcc_threshold(scores.logit_N, scores.label_N)
    return Calibration(slope, intercept, cut, len(scores.label_N))


def calibrated_metrics(
    calibration: Calibration, scores: WindowScores, part: str
) -> dict[str, float]:
    """Measure a calibration on the windows of a part.

    Parameters
    ----------
    calibration
        Chosen on validation.
    scores
        Logits and labels of the part's windows.
    part
        The part's name; it becomes the prefix of each metric's name.

    Returns
    -------
    MCC at the threshold; Brier score and expected calibration error, raw and `_calibrated`.
    """
    label_N = scores.label_N
    raw = reliability(raw_probabilities(scores.logit_N), label_N)
    calibrated = reliability(calibration.probability(scores.logit_N), label_N)
    mcc = _mcc(label_N, scores.logit_N > calibration.threshold)
    values = (mcc, raw.brier, calibrated.brier, raw.ece, calibrated.ece)
    return {f"{part}.{name}": value for name, value in zip(CALIBRATED, values, strict=True)}


def _platt(logit_N: NDArray[np.float64], label_N: NDArray[np.uint8]) -> tuple[float, float]:
    """Fit slope and intercept by maximum likelihood to Platt's targets (1999), not 0 and 1.

    If all logits are tied, the slope is 0: every window gets the share of positives.
    """
    positives = int(label_N.sum())
    negatives = len(label_N) - positives
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    target_N = np.where(label_N == 1, high, low)
    if np.ptp(logit_N) <= 10.0**-DECIMALS:
        share = target_N.mean()
        return 0.0, float(np.log(share / (1 - share)))
    centre, spread = logit_N.mean(), logit_N.std()
    unit_N = (logit_N - centre) / spread

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        guess_N = line[0] * unit_N + line[1]
        miss_N = expit(guess_N) - target_N
        value = float(np.mean(np.logaddexp(0.0, guess_N) - target_N * guess_N))
        return value, np.array([np.mean(miss_N * unit_N), np.mean(miss_N)])

    slope, height = minimize(loss, np.zeros(2), jac=True, method="BFGS").x.tolist()
    return float(slope / spread), float(height - slope * centre / spread)


def _mcc(label_N: NDArray[np.uint8], called_N: NDArray[np.bool_]) -> float:
    """Return the Matthews correlation; 0 if all windows have one label, or all are called alike.

    Written out: scikit-learn takes a second to import, and every process that trains needs this.
    """
    bound_N = label_N == 1
    windows, positives, called = len(label_N), int(bound_N.sum()), int(called_N.sum())
    both = int((bound_N & called_N).sum())
    spread = positives * (windows - positives) * called * (windows - called)
    return (both * windows - positives * called) / math.sqrt(spread) if spread else 0.0


def mcc_threshold(logit_N: NDArray[np.floating], label_N: NDArray[np.uint8]) -> float:
    """Return the cut of the greatest Matthews correlation, halfway between two scores."""
    ranked_N = np.round(logit_N.astype(np.float64), DECIMALS)
    order_N = np.argsort(-ranked_N, kind="stable")
    sorted_N = ranked_N[order_N]
    last_C = np.flatnonzero(np.diff(sorted_N))  # the last window of each score but the lowest
    if not len(last_C):  # all scores are tied: no cut separates them
        return float(sorted_N[0])
    positives = int(label_N.sum())
    negatives = len(label_N) - positives
    called_C = (last_C + 1).astype(np.float64)
    true_C = np.cumsum(label_N[order_N] == 1)[last_C]
    # the factor sqrt(positives * negatives) is the same for all cuts
    mcc_C = (true_C * negatives - (called_C - true_C) * positives) / np.sqrt(
        called_C * (len(label_N) - called_C)
    )
    best = last_C[int(np.argmax(mcc_C))]
    return float((sorted_N[best] + sorted_N[best + 1]) / 2)
