"""Whether data is the data that a model was trained and judged on; where not, what to beware of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from rpbind.data.splits import Part, Rule, SplitSpec
from rpbind.errors import UserError
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.proteins.sequence import sequence_key
from rpbind.train.inputs import Inputs
from rpbind.train.opened import OpenData
from rpbind.use.trained import Trained

HASHED = ("dataset", "split", "bank")
OTHER = "To score it there all the same, say --other-data."
"""What a command that takes other data says of it."""


@dataclass(frozen=True)
class EvaluationTarget:
    """What a model is scored on: an open dataset, a part of a split of it.

    `rule` is a split rule, None for the split that the model was trained by. `other_data` allows
    data that is not the model's.
    """

    data: OpenData
    rule: str | None = None
    part: Part = "test"
    other_data: bool = False


def matching_inputs(
    trained: Trained, against: EvaluationTarget, advice: str = OTHER
) -> tuple[Inputs, tuple[str, ...]]:
    """Return what a model reads of a dataset, and notes on how that differs from its own data.

    Raises `UserError` where dataset, split or embedding store have other hashes than the model's
    and that is not allowed, and where windows or protein vectors are of another kind, which no
    option lets through.
    """
    own = split_spec(trained.provenance["split"])
    rule = own.rule if against.rule is None else cast(Rule, against.rule)
    spec = SplitSpec(rule, own.ratio, own.seed)
    inputs = against.data.inputs(spec, trained.recipe.proteins)
    _same_kind(trained, inputs, against.data.folder)
    differs = [what for what in HASHED if not _same(trained, inputs, what)]
    if differs and not against.other_data:
        told = "; ".join(
            f"{PROVENANCE_TERMS.get(what, what)}: the model has {trained.provenance[what]}, "
            f"came {inputs.provenance[what]}"
            for what in differs
        )
        raise UserError(f"This is not what the model was trained and judged on. {told}. {advice}")
    if not differs:
        return inputs, ()
    notes = [
        f"other {PROVENANCE_TERMS.get(what, what)} than the model's: {inputs.provenance[what]}"
        for what in differs
    ]
    leaks = _leaks(trained, against.data, spec, against.part)
    return inputs, (*notes, *leaks, _known(trained, inputs, against.part))


def split_spec(provenance: str) -> SplitSpec:
    """Return the rule, ratio and seed of `cold-rna_70-15-15_seed0_neg-as-given HASH`."""
    rule, ratio, seed, _ = provenance.split("_", 3)
    train, validation, test = map(int, ratio.split("-"))
    return SplitSpec(cast(Rule, rule), (train, validation, test), int(seed.removeprefix("seed")))


def _same(trained: Trained, inputs: Inputs, what: str) -> bool:
    """Compare hashes alone: a dataset may have been given another name."""
    return trained.provenance[what].split()[-1] == inputs.provenance[what].split()[-1]


def _same_kind(trained: Trained, inputs: Inputs, data: Path) -> None:
    if inputs.length != trained.length:
        raise UserError(
            f"The model reads windows of {trained.length} nt; those of {data} have {inputs.length}."
        )
    if not _same(trained, inputs, "encoder") or inputs.width != trained.width:
        raise UserError(
            f"The model reads protein vectors of {trained.provenance['encoder']}, width "
            f"{trained.width}; {data} has {inputs.provenance['encoder']}, width {inputs.width}. "
            "Run rpbind embed with the model's encoder and weights."
        )


def _leaks(trained: Trained, data: OpenData, spec: SplitSpec, part: Part) -> list[str]:
    """Say how many of the part's windows were, or overlap, training windows of the model."""
    if data.dataset.id != trained.provenance["dataset"].split()[-1]:
        return [
            "whether the model was trained on any of these windows cannot be told from its file"
        ]
    own = data.split(split_spec(trained.provenance["split"])).indices("train")
    mine = data.split(spec).indices(part)
    trained_on = int(np.isin(mine, own).sum())
    cluster_N = data.dataset.cluster_N
    overlap = int(np.isin(cluster_N[mine], cluster_N[own]).sum())
    if not overlap:
        return []
    return [
        f"{trained_on:,} of the {len(mine):,} {part} windows were training windows of this model, "
        f"and {overlap:,} are or overlap one: the scores are too high"
    ]


def _known(trained: Trained, inputs: Inputs, part: Part) -> str:
    """Say how many of the part's proteins the model has met."""
    seen = {known["sequence"] for known in trained.proteins if known["windows"]}
    here = [inputs.proteins[p] for p in inputs.protein_N[inputs.parts[part]].unique().tolist()]
    met = sum(sequence_key(protein.sequence) in seen for protein in here)
    return f"{met} of the {len(here)} proteins were seen in training"
