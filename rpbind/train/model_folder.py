"""What a finished run saves of its model: weights, and all that is needed to use and judge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version

import numpy as np
import torch

from rpbind.ledger import ProteinScore
from rpbind.metrics import WindowScores
from rpbind.parts.contents import content_of
from rpbind.proteins.sequence import clean, sequence_key
from rpbind.recipe.custom import custom_classes
from rpbind.saved.description import (
    CalibrationLine,
    Description,
    KnownProtein,
    PartScores,
    Provenance,
    Vectors,
)
from rpbind.saved.folder import SavedModel
from rpbind.train.calibration import Calibration
from rpbind.train.code import code_id
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.task import Job


def saved_model(
    job: Job,
    training: Training,
    calibration: Calibration,
    scored: Mapping[str, tuple[WindowScores, Mapping[str, float], Sequence[ProteinScore]]],
) -> SavedModel:
    """Return what is saved of a run's model.

    Parameters
    ----------
    job
        The run.
    training
        Its training, with the weights of the best epoch.
    calibration
        Chosen on validation.
    scored
        {part: (scores of windows, metrics, scores of proteins)} of validation and test.

    Returns
    -------
    SavedModel
        The content of the model's folder.
    """
    inputs = training.inputs
    auroc = {score.protein: score.auroc for score in scored["validation"][2]}
    description = Description(
        schema=1,
        run=job.run,
        arm=job.arm,
        seed=training.seed,
        width=inputs.width,
        length=inputs.length,
        shortest=inputs.shortest,
        threads=training.machine.threads,
        made_by={name: version(name) for name in ("rpbind", "torch")} | {"code": code_id()},
        provenance=Provenance(**inputs.provenance),
        calibration=CalibrationLine(**asdict(calibration)),
        scores={part: _part_scores(part, *found) for part, found in scored.items()},
        vectors=_vectors(training),
        proteins=_known(inputs, auroc),
    )
    weights = training.best_weights
    return SavedModel(description, training.recipe.model_dump_json(), weights, _parts(training))


def _parts(training: Training) -> dict[str, bytes]:
    """Return the files of the user's own classes: {name of the copy: content}."""
    own = [each.part for each in custom_classes(training.recipe)]
    if training.inputs.source is not None and training.inputs.source.custom is not None:
        own.append(training.inputs.source.custom.part)
    contents = [content_of(part.sha256, part.file) for part in own]
    return {content.copy_name: content.raw for content in contents}


def _part_scores(
    part: str,
    scores: WindowScores,
    metrics: Mapping[str, float],
    per_protein: Sequence[ProteinScore],
) -> PartScores:
    averaged = [score for score in per_protein if score.auroc is not None]
    return PartScores(
        windows=len(scores.label_N),
        positives=int(np.count_nonzero(scores.label_N)),
        proteins=len(averaged),
        clusters=len({score.cluster for score in averaged}),
        metrics={name.removeprefix(f"{part}."): value for name, value in metrics.items()},
    )


def _vectors(training: Training) -> Vectors | None:
    source = training.inputs.source
    if source is None:
        return None
    return Vectors(
        encoder=source.id,
        sha256=source.sha256,
        width=source.width,
        dtype=source.dtype,
        reads=training.model.reads,
        custom=source.custom,
        imported=source.imported,
    )


def _known(inputs: Inputs, auroc: Mapping[str, float | None]) -> list[KnownProtein]:
    seen = inputs.parts["train"]
    protein_N, label_N = inputs.protein_N[seen].long(), inputs.label_N[seen]
    windows_P = torch.bincount(protein_N, minlength=len(inputs.proteins)).tolist()
    positives_P = torch.bincount(protein_N[label_N == 1], minlength=len(inputs.proteins)).tolist()
    return [
        KnownProtein(
            id=protein.id,
            gene=protein.gene,
            sequence=sequence_key(protein.sequence),
            residues=clean(protein.sequence),
            windows=windows,
            positives=positives,
            auroc=auroc.get(protein.id),
        )
        for protein, windows, positives in zip(inputs.proteins, windows_P, positives_P, strict=True)
    ]
