"""What a trained model has learnt: windows that it was trained on against windows that it was not.

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
"""Standard errors above 0.5 that a coin hardly ever reaches."""


def learnt(training: Training) -> dict[str, float]:
    """Return losses on training and validation, and the AUROC (mean over proteins) on validation.

    At most `WINDOWS` of a part are scored, spread over all of it. `coin` is the AUROC below which
    nobody can tell the model from a coin: 0.5 and three standard errors.
    """
    known, unseen = (
        _scores(training, evenly(training.inputs.parts[part], WINDOWS))
        for part in ("train", "validation")
    )
    told = {"train.loss": cross_entropy(known), "validation.loss": cross_entropy(unseen)}
    _, each = summarise(unseen, training.inputs.proteins, "validation")
    ranked = [score for score in each if score.auroc is not None]
    if ranked:
        aurocs = [score.auroc for score in ranked if score.auroc is not None]
        told["validation.auroc"] = float(np.mean(aurocs))
        told["validation.coin"] = 0.5 + SURE * math.sqrt(sum(map(_variance, ranked))) / len(ranked)
    return told


def _variance(score: ProteinScore) -> float:
    """Variance of the AUROC of scores that know nothing (Mann & Whitney 1947)."""
    bound, unbound = score.positives, score.windows - score.positives
    return (bound + unbound + 1) / (12 * bound * unbound)


@torch.no_grad()
def _scores(training: Training, index_N: Tensor) -> WindowScores:
    """Logits in evaluation mode, with the labels that the batches give."""
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
