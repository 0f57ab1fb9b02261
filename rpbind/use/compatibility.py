"""Check that data is the data a model was trained and evaluated on, or list what differs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rpbind.counted import counted
from rpbind.data.alphabet import lengths
from rpbind.data.splits import Part, SplitSpec
from rpbind.errors import UserError
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.proteins.sequence import sequence_key
from rpbind.split_spec import RULES
from rpbind.splitting.text import parse_one_split
from rpbind.train.inputs import Inputs
from rpbind.train.opened import OpenData
from rpbind.use.experiments import with_experiments
from rpbind.use.trained import TrainedModel
from rpbind.use.window_lengths import check_readable, length_notes

HASHED = ("dataset", "split", "bank")
"""Keys of a model's provenance whose hashes must agree."""

ADVICE_OTHER_DATA = "To score the model on it anyway, give --other-data."
"""Advice of `rpbind evaluate`, which has an option for other data."""


@dataclass(frozen=True)
class EvaluationTarget:
    """What a model is scored on.

    Parameters
    ----------
    data
        The dataset.
    rule
        Rule or saved split; None for the model's own split. A rule has its ratio and seed.
    part
        Part of the split: train, validation or test.
    other_data
        Allow a dataset, split or embedding store other than the model was trained with.
    """

    data: OpenData
    rule: str | None = None
    part: Part = "test"
    other_data: bool = False


def matching_inputs(
    trained: TrainedModel, target: EvaluationTarget, advice: str = ADVICE_OTHER_DATA
) -> tuple[Inputs, tuple[str, ...]]:
    """Open a dataset as inputs of a model, and compare it with the model's own data.

    Parameters
    ----------
    trained
        The model.
    target
        Dataset and split to open.
    advice
        Last sentence of the error if the data is not the model's.

    Returns
    -------
    tuple[Inputs, tuple[str, ...]]
        The inputs, and notes on what differs from the model's data; none if nothing does.

    Raises
    ------
    UserError
        If the hash of dataset, split or embedding store differs and `target` does not allow it, or
        if windows have another length or protein vectors come from another encoder.
    """
    spec = own = SplitSpec.from_id(trained.provenance["split"])
    if target.rule is not None:
        spec = parse_one_split(target.rule, target.data.folder)
    if target.rule in RULES and own.rule in RULES:
        spec = replace(spec, ratio=own.ratio, seed=own.seed)
    inputs = with_experiments(trained, target.data.inputs(spec, trained.recipe.proteins))
    _check_same_kind(trained, inputs, target.data.folder)
    differs = [key for key in HASHED if not _is_same(trained, inputs, key)]
    if differs and not target.other_data:
        differences = "; ".join(
            f"{PROVENANCE_TERMS.get(key, key)} {inputs.provenance[key]} (the model has "
            f"{trained.provenance[key]})"
            for key in differs
        )
        raise UserError(
            f"This is not the data that the model was trained and evaluated on: got {differences}. "
            f"{advice}"
        )
    if not differs:
        return inputs, ()
    notes = [
        f"other {PROVENANCE_TERMS.get(key, key)} than the model's: {inputs.provenance[key]}"
        for key in differs
    ]
    leaks = _leak_notes(trained, target.data, spec, target.part)
    other_lengths = length_notes(trained, lengths(inputs.rna_NL.numpy()))
    known = _known_proteins_note(trained, inputs, target.part)
    return inputs, (*notes, *other_lengths, *leaks, known)


def _is_same(trained: TrainedModel, inputs: Inputs, key: str) -> bool:
    """Whether the hashes agree; the names may differ, because a dataset can be renamed."""
    return trained.provenance[key].split()[-1] == inputs.provenance[key].split()[-1]


def _check_same_kind(trained: TrainedModel, inputs: Inputs, data: Path) -> None:
    """Raise `UserError` if windows or protein vectors are not of the kind that the model reads."""
    length_N = lengths(inputs.rna_NL.numpy())
    check_readable(
        trained,
        length_N,
        lambda window: f"{data}, window {window + 1:,}",
        f"Import them again with --fit centre --width {trained.length}.",
    )
    if not _is_same(trained, inputs, "encoder") or inputs.width != trained.width:
        raise UserError(
            f"The model reads protein vectors of {trained.provenance['encoder']}, width "
            f"{trained.width}; {data} has {inputs.provenance['encoder']}, width {inputs.width}. "
            "Run rpbind embed with the model's encoder and weights."
        )


def _leak_notes(trained: TrainedModel, data: OpenData, spec: SplitSpec, part: Part) -> list[str]:
    """Note how many of the part's windows are, or overlap, training windows of the model."""
    if data.dataset.id != trained.provenance["dataset"].split()[-1]:
        return ["the model's file does not show whether it was trained on any of these windows"]
    train_N = data.split(SplitSpec.from_id(trained.provenance["split"])).indices("train")
    part_N = data.split(spec).indices(part)
    in_train = int(np.isin(part_N, train_N).sum())
    cluster_N = data.dataset.cluster_N
    overlap = int(np.isin(cluster_N[part_N], cluster_N[train_N]).sum())
    if not overlap:
        return []
    return [
        f"{in_train:,} of the {len(part_N):,} {part} windows were training windows of this model, "
        f"and {overlap:,} are or overlap a training window: the scores are too high"
    ]


def _known_proteins_note(trained: TrainedModel, inputs: Inputs, part: Part) -> str:
    """Note how many of the part's proteins the model was trained on."""
    sequences_trained_on = {known.sequence for known in trained.proteins if known.windows}
    here = [inputs.proteins[p] for p in inputs.protein_N[inputs.parts[part]].unique().tolist()]
    count = sum(sequence_key(protein.sequence) in sequences_trained_on for protein in here)
    return f"{counted(count, 'protein', len(here), 'were')} seen in training"
