"""The model file of a finished run: its weights, and all that is needed to use and judge them.

It is read with `weights_only=True`: tensors, numbers, strings, lists and dictionaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypedDict

import torch
from torch import Tensor

from rpbind.ledger import ProteinScore
from rpbind.metrics import WindowScores
from rpbind.proteins.sequence import sequence_key
from rpbind.train.calibration import calibrate
from rpbind.train.loop import Training


class KnownProtein(TypedDict):
    """A protein of the dataset: its training windows and its validation score."""

    id: str
    """The dataset's name of the protein."""
    sequence: str
    """SHA-256 of the sequence, as in the embedding store."""
    windows: int
    """Training windows."""
    positives: int
    """Training windows with label 1."""
    auroc: float | None
    """On validation; None if the protein has no validation windows, or one class only."""


class ModelFile(TypedDict):
    """The content of a model file."""

    recipe: str
    seed: int
    width: int
    length: int
    threads: int
    provenance: dict[str, str]
    calibration: dict[str, Any]
    proteins: list[KnownProtein]
    weights: dict[str, Tensor]


def model_file(
    training: Training, scores: WindowScores, per_protein: Sequence[ProteinScore]
) -> ModelFile:
    """Return the content of a run's model file; both arguments are scores on validation."""
    return {
        "recipe": training.recipe.model_dump_json(),
        "seed": training.seed,
        "width": training.inputs.width,
        "length": training.inputs.length,
        "threads": training.machine.threads,
        "provenance": training.inputs.provenance,
        "calibration": asdict(calibrate(scores)),
        "proteins": _known(training, per_protein),
        "weights": {k: v.cpu() for k, v in training.best_weights.items()},
    }


def _known(training: Training, per_protein: Sequence[ProteinScore]) -> list[KnownProtein]:
    inputs = training.inputs
    seen = inputs.parts["train"]
    protein_N, label_N = inputs.protein_N[seen].long(), inputs.label_N[seen]
    windows_P = torch.bincount(protein_N, minlength=len(inputs.proteins)).tolist()
    positives_P = torch.bincount(protein_N[label_N == 1], minlength=len(inputs.proteins)).tolist()
    auroc = {score.protein: score.auroc for score in per_protein}
    return [
        {
            "id": protein.id,
            "sequence": sequence_key(protein.sequence),
            "windows": windows,
            "positives": positives,
            "auroc": auroc.get(protein.id),
        }
        for protein, windows, positives in zip(inputs.proteins, windows_P, positives_P, strict=True)
    ]
