"""Experiments that share a protein sequence, and so get equal logits from a model."""

from __future__ import annotations

from rpbind.doctor.finding import finding
from rpbind.doctor.kind import SHARED_SEQUENCE
from rpbind.ledger import Finding
from rpbind.proteins.experiments import shared_sequence_note
from rpbind.recipe import Recipe
from rpbind.recipe.model import Model
from rpbind.train.inputs import Inputs


def shared_sequence(recipe: Recipe, inputs: Inputs) -> list[Finding]:
    """Return a finding if experiments share a sequence and the model reads only the protein."""
    if isinstance(recipe.model, Model) and recipe.model.experiment is not None:
        return []
    names = [protein.id for protein in inputs.proteins]
    note = shared_sequence_note(names, [protein.sequence for protein in inputs.proteins])
    return [finding(SHARED_SEQUENCE, None, note=note)] if note else []
