"""Which runs can be trained as one stacked model, and which of them stand in one stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpbind.recipe import Recipe
from rpbind.recipe.custom import custom_classes
from rpbind.recipe.memories import ResidueMemory, SegmentMemory
from rpbind.recipe.model import CustomModel

OWN = frozenset({
    "train.lr", "train.weight_decay", "train.optimizer", "train.epochs", "train.clip_norm",
    "train.shift", "train.mask", "train.stop_after",
})  # fmt: skip
"""Hyperparameters that each replica of a stack has for itself, beside schedule, initial values and
dropout."""

OWN_GROUPS = ("train.schedule.", "model.init.")


def why_single(recipe: Recipe, *, varying: bool) -> str:
    """Return why runs of a recipe are trained one by one.

    Parameters
    ----------
    recipe
        The recipe.
    varying
        Whether the windows differ in length.

    Returns
    -------
    str
        The reason; "" if they can be trained as one stacked model.
    """
    model = recipe.model
    if isinstance(model, CustomModel) or any(custom_classes(model)):
        return "its model has a class of your own, which may not work on stacked tensors"
    if isinstance(model.memory, ResidueMemory | SegmentMemory):
        return "its memory reads residues, whose number differs between the replicas' batches"
    if model.attention.both_ways:
        return "attention goes both ways, so windows are sorted by protein, in each batch otherwise"
    if recipe.train.precision != "float32" or recipe.train.compile:
        return "it is compiled or trained in bfloat16, which was not tested for stacked models"
    if varying:
        return "the windows differ in length, so the replicas' batches do too"
    return ""


def architecture(recipe: Recipe) -> tuple[tuple[str, Any], ...]:
    """Return what the recipes of one stack have in common, as a key.

    Parameters
    ----------
    recipe
        The recipe.

    Returns
    -------
    tuple
        Pairs of (path, value). Of dropout, only whether there is any: without it, the fast form of
        the model takes another way.
    """
    return tuple(sorted(_shared(recipe.flat()).items(), key=lambda item: item[0]))


def _shared(flat: Mapping[str, Any]) -> dict[str, Any]:
    shared = {}
    for path, value in flat.items():
        if path in OWN or path.startswith(OWN_GROUPS):
            continue
        shared[path] = value > 0 if path.endswith(".dropout") else value
    return {path: tuple(v) if isinstance(v, list) else v for path, v in shared.items()}
