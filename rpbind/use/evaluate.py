"""How a trained model does on a part of a split: the ledger's metrics, a threshold, calibration.

Shapes: N windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import matthews_corrcoef

from rpbind.data.clusters import Progress, silent
from rpbind.data.splits import Part
from rpbind.ledger import ProteinScore
from rpbind.metrics import Scores, summarise
from rpbind.use.match import Against, matching_inputs
from rpbind.use.score import scored
from rpbind.use.trained import Trained

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Windows whose probability is in [low, high): how many, what was said, what was so."""

    low: float
    high: float
    windows: int
    said: float
    """Mean probability."""
    bound: float
    """Share of bound windows."""


@dataclass(frozen=True)
class Reliability:
    """How well probabilities keep their word: Brier score, ECE, and the bins that it is made of.

    The expected calibration error is the mean over windows of |said - bound| of their bin.
    """

    brier: float
    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Evaluation:
    """What `rpbind evaluate` says; `metrics` has the ledger's names, `notes` what to beware of."""

    part: Part
    metrics: dict[str, float]
    raw: Reliability
    calibrated: Reliability
    proteins: tuple[ProteinScore, ...]
    provenance: dict[str, str]
    notes: tuple[str, ...]


def evaluate_model(trained: Trained, against: Against, progress: Progress = silent) -> Evaluation:
    """Score a part; on the model's own data and split, its metrics are those of the ledger.

    They are the same bits on the same kind of machine: it takes as many threads as the run did.
    Raises `UserError` where dataset, split or bank is not the model's, unless it is allowed.
    """
    torch.set_num_threads(trained.threads)
    inputs, notes = matching_inputs(trained, against)
    logit_N, index_N = scored(trained.model, inputs, inputs.parts[against.part], progress)
    label_N, protein_N = inputs.label_N[index_N].numpy(), inputs.protein_N[index_N].numpy()
    metrics, each = summarise(
        Scores(logit_N, label_N, protein_N.astype(np.int64)), inputs.proteins, against.part
    )
    raw = reliability(expit(logit_N.astype(np.float64)), label_N)
    calibrated = reliability(trained.calibration.probability(logit_N), label_N)
    called_N = logit_N > trained.calibration.threshold
    more = {
        "mcc": float(matthews_corrcoef(label_N, called_N)),
        "brier": raw.brier,
        "brier_calibrated": calibrated.brier,
        "ece": raw.ece,
        "ece_calibrated": calibrated.ece,
    }
    metrics |= {f"{against.part}.{name}": value for name, value in more.items()}
    return Evaluation(against.part, metrics, raw, calibrated, each, inputs.provenance, notes)


def reliability(probability_N: NDArray[np.float64], label_N: NDArray[np.uint8]) -> Reliability:
    """Return Brier score, expected calibration error and its ten bins of equal width."""
    place_N = np.minimum((probability_N * BINS).astype(np.int64), BINS - 1)
    bins = []
    for place in range(BINS):
        mine = place_N == place
        if mine.any():
            said, bound = float(probability_N[mine].mean()), float(label_N[mine].mean())
            bins.append(Bin(place / BINS, (place + 1) / BINS, int(mine.sum()), said, bound))
    gaps = sum(b.windows * abs(b.said - b.bound) for b in bins)
    brier = float(np.mean((probability_N - label_N) ** 2))
    return Reliability(brier, gaps / len(label_N), tuple(bins))
