"""How a trained model does on a part of a split: the ledger's metrics, a threshold, calibration.

Shapes: N windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

from rpbind.data.alphabet import MOST_N, n_share
from rpbind.data.clusters import Progress, silent
from rpbind.data.splits import Part
from rpbind.ledger import ProteinScore
from rpbind.metrics import WindowScores, summarise
from rpbind.train.calibration import Reliability, calibrated_metrics, reliability
from rpbind.use.compatibility import EvaluationTarget, matching_inputs
from rpbind.use.score import scored
from rpbind.use.trained import Trained


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


def evaluate_model(
    trained: Trained, against: EvaluationTarget, progress: Progress = silent
) -> Evaluation:
    """Score a part; on the model's own data and split, its metrics are those of the ledger.

    They are the same bits on the same kind of machine: it takes as many threads as the run did.
    Raises `UserError` where dataset, split or embedding store is not the model's, unless it is
    allowed.
    """
    torch.set_num_threads(trained.threads)
    inputs, notes = matching_inputs(trained, against)
    logit_N, index_N = scored(trained.model, inputs, inputs.parts[against.part], progress)
    label_N, protein_N = inputs.label_N[index_N].numpy(), inputs.protein_N[index_N].numpy()
    scores = WindowScores(logit_N, label_N, protein_N.astype(np.int64))
    metrics, each = summarise(scores, inputs.proteins, against.part)
    metrics |= calibrated_metrics(trained.calibration, scores, against.part)
    raw = reliability(expit(logit_N.astype(np.float64)), label_N)
    calibrated = reliability(trained.calibration.probability(logit_N), label_N)
    notes += _mostly_n(inputs.rna_NL[index_N].numpy())
    return Evaluation(against.part, metrics, raw, calibrated, each, inputs.provenance, notes)


def _mostly_n(rna_NL: NDArray[np.uint8]) -> tuple[str, ...]:
    """Say how many windows show too little for an answer; the ledger's metrics have them too."""
    count = int(np.count_nonzero(n_share(rna_NL) > MOST_N))
    if not count:
        return ()
    return (
        f"{count:,} of the {len(rna_NL):,} windows have more than {MOST_N:.0%} N: they are in "
        "every number here, as in the ledger, and their scores say nothing about RNA",
    )
