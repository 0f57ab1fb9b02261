"""Reads a model file of version 0.1.0, `RUN.pt`; nothing writes them any more.

It is read with `weights_only=True`: tensors, numbers, strings, lists and dictionaries.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from rpbind.errors import UserError
from rpbind.saved.folder import SavedModel, checked_model
from rpbind.saved.places import EXPECTED_MODEL, damaged_model
from rpbind.train import checkpoint


def read_old_file(path: Path) -> SavedModel:
    """Read a model file of version 0.1.0, and check every value in it.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SavedModel
        The model; without the amino acids of its proteins, which only a model folder has.

    Raises
    ------
    UserError
        If it is no such file, or a value in it cannot be used.
    """
    content = checkpoint.load(path, EXPECTED_MODEL)
    recipe, weights = content.pop("recipe", None), content.pop("weights", None)
    for name, value in (("recipe", recipe), ("weights", weights)):
        if value is None:
            raise UserError(
                f"{path} is not the model of a finished run: it lacks {name}. {EXPECTED_MODEL}"
            )
    if not isinstance(recipe, str) or not _are_tensors(weights):
        raise damaged_model(path, "expected its recipe as text and its weights as tensors")
    return checked_model(path, content, recipe, weights, {})


def _are_tensors(weights: object) -> bool:
    return isinstance(weights, dict) and all(
        isinstance(name, str) and isinstance(weight, Tensor) for name, weight in weights.items()
    )
