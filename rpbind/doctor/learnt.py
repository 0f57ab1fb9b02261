"""What a trained model has learnt: its scores on training windows and on validation windows.

Shapes: N windows.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from rpbind.doctor.sample import evenly
from rpbind.ledger import ProteinScore
from rpbind.metrics import WindowScores, cross_entropy, summarise
from rpbind.train.batches import scoring_batches
from rpbind.train.loop import Training

WINDOWS = 2000
SURE = 3.0
"""Standard errors above 0.5 that a random score hardly ever exceeds."""


def measure_learning(training: Training) -> dict[str, float]:
    """Return losses on training and validation, and the AUROC (mean over proteins) on validation.

    It scores at most `WINDOWS` of a part, spread over all of it. A model with an AUROC up to
    `validation.chance-limit`, 0.5 plus three standard errors, is not better than chance.
    """
    train_scores, validation_scores = (
        _scores(training, evenly(training.inputs.parts[part], WINDOWS))
        for part in ("train", "validation")
    )
    measured = {
        "train.loss": cross_entropy(train_scores),
        "validation.loss": cross_entropy(validation_scores),
    }
    _, each = summarise(validation_scores, training.inputs.proteins, "validation")
    scored = [score for score in each if score.auroc is not None]
    if scored:
        aurocs = [score.auroc for score in scored if score.auroc is not None]
        measured["validation.auroc"] = float(np.mean(aurocs))
        standard_error = math.sqrt(sum(map(_chance_variance, scored))) / len(scored)
        measured["validation.chance-limit"] = 0.5 + SURE * standard_error
    return measured


def _chance_variance(score: ProteinScore) -> float:
    """Return the variance of a random score's AUROC (Mann & Whitney 1947)."""
    positives, negatives = score.positives, score.windows - score.positives
    return (positives + negatives + 1) / (12 * positives * negatives)


@torch.no_grad()
def _scores(training: Training, index_N: Tensor) -> WindowScores:
    """Score windows in evaluation mode, with the labels that the batches give."""
    model, inputs = training.model.eval(), training.inputs
    logits, labels = [], []
    batches = scoring_batches(index_N)
    for index_B in batches:
        rna_BL, groups, label_B = inputs.batch(index_B, model.reads)
        logits.append(model(rna_BL, groups))
        labels.append(label_B)
    return WindowScores(
        torch.cat(logits).cpu().numpy(),
        torch.cat(labels).cpu().numpy().astype(np.uint8),
        inputs.protein_N[torch.cat(batches)].cpu().numpy().astype(np.int64),
    )
