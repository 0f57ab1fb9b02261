"""Evaluate a trained model on a part of a split: the ledger's metrics, MCC and calibration.

Shapes: N windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rpbind.counted import counted
from rpbind.data.alphabet import MOST_N, n_share
from rpbind.data.clusters import Progress, silent
from rpbind.data.splits import Part
from rpbind.ledger import ProteinScore
from rpbind.metrics import summarise
from rpbind.score_curves import Reliability, raw_probabilities, reliability
from rpbind.train.calibration import calibrated_metrics
from rpbind.use.compatibility import EvaluationTarget, matching_inputs
from rpbind.use.score import score_windows
from rpbind.use.trained import TrainedModel


@dataclass(frozen=True)
class Evaluation:
    """The result of `rpbind evaluate`.

    Parameters
    ----------
    part
        The part that was scored.
    metrics
        Metrics by the ledger's names, such as `test.auroc_macro`.
    raw, calibrated
        Reliability of the probabilities without and with calibration.
    proteins
        Scores per protein.
    provenance
        Names and hashes of the data.
    notes
        Warnings about the data, as sentences.
    """

    part: Part
    metrics: dict[str, float]
    raw: Reliability
    calibrated: Reliability
    proteins: tuple[ProteinScore, ...]
    provenance: dict[str, str]
    notes: tuple[str, ...]


def evaluate_model(
    trained: TrainedModel, target: EvaluationTarget, progress: Progress = silent
) -> Evaluation:
    """Score a model on a part of a split.

    On the model's own data and split, the metrics equal the ledger's. On the same kind of machine
    they agree to the bit, because the same number of threads is used.

    Parameters
    ----------
    trained
        The model.
    target
        Dataset, split and part.
    progress
        Called with the batches done and their total.

    Returns
    -------
    Evaluation
        Metrics, calibration, scores per protein and notes.

    Raises
    ------
    UserError
        If dataset, split or embedding store is not the model's and `target` does not allow it.
    """
    torch.set_num_threads(trained.threads)
    inputs, notes = matching_inputs(trained, target)
    logit_N, index_N = score_windows(trained.model, inputs, inputs.parts[target.part], progress)
    scores = inputs.scores(logit_N, index_N)
    metrics, each = summarise(scores, inputs.proteins, target.part)
    metrics |= calibrated_metrics(trained.calibration, scores, target.part)
    raw = reliability(raw_probabilities(logit_N), scores.label_N)
    calibrated = reliability(trained.calibration.probability(logit_N), scores.label_N)
    notes += _n_notes(inputs.rna_NL[index_N].numpy())
    return Evaluation(target.part, metrics, raw, calibrated, each, inputs.provenance, notes)


def _n_notes(rna_NL: NDArray[np.uint8]) -> tuple[str, ...]:
    """Note how many windows are mostly N; the ledger's metrics include them too."""
    count = int(np.count_nonzero(n_share(rna_NL) > MOST_N))
    if not count:
        return ()
    return (
        f"{counted(count, 'window', len(rna_NL), 'have')} more than {MOST_N:.0%} N: all numbers "
        "include them, as in the ledger, though their scores say nothing about RNA",
    )
