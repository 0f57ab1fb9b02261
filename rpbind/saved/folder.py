"""Writes and reads the folder of a trained model; reading it runs no code that it may contain.

Weights are safetensors and everything else is JSON. The description has the SHA-256 of each file
that is read, so that a damaged file is found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from rpbind.errors import UserError
from rpbind.files.atomic import write_folder
from rpbind.mistakes import mistakes
from rpbind.saved.card import model_card
from rpbind.saved.description import Description
from rpbind.saved.places import (
    CARD,
    DESCRIPTION,
    EXPECTED_MODEL,
    PARTS,
    PROTEINS,
    RECIPE,
    WEIGHTS,
    check_model,
    damaged_model,
)

_IN_PROTEINS = ("vectors", "proteins")
"""The fields of a description that are written to `PROTEINS`."""


@dataclass(frozen=True, eq=False)
class SavedModel:
    """The checked content of a model on disk.

    Parameters
    ----------
    description
        What is known of it.
    recipe
        Its recipe, as JSON.
    weights
        {name of a parameter or buffer: tensor}.
    parts
        {file name: content} of its custom parts.
    """

    description: Description
    recipe: str
    weights: dict[str, Tensor]
    parts: Mapping[str, bytes]


def write_model(folder: Path, model: SavedModel) -> None:
    """Write a model's folder whole or not at all; the same model gives the same bytes.

    Parameters
    ----------
    folder
        The folder of its run; an existing one is replaced.
    model
        The model.
    """
    tree = model.description.model_dump(mode="json", by_alias=True)
    files = {
        WEIGHTS: save({k: v.cpu().contiguous().clone() for k, v in model.weights.items()}),
        RECIPE: _json(json.loads(model.recipe)),
        PROTEINS: _json({name: tree.pop(name) for name in _IN_PROTEINS}),
        **{f"{PARTS}/{name}": content for name, content in model.parts.items()},
    }
    tree["files"] = {name: _sha256(content) for name, content in files.items()}
    described = {DESCRIPTION: _json(tree | {"sha256": _sha256(_json(tree))})}
    card = {CARD: model_card(model.description, model.recipe).encode()}
    write_folder(folder, files | described | card)


def read_model(folder: Path) -> SavedModel:
    """Read a model's folder, and check every value in it.

    Parameters
    ----------
    folder
        The folder of its run.

    Returns
    -------
    SavedModel
        The model.

    Raises
    ------
    UserError
        If it is no model folder, a file of it is missing or has changed, or a value cannot be used.
    """
    check_model(folder)
    tree = _parsed(folder / DESCRIPTION, _read(folder / DESCRIPTION))
    if (schema := tree.get("schema")) != 1:
        raise UserError(
            f"{folder} is a model folder of schema {schema}; this version reads schema 1. Use the "
            "version of rpbind that trained the model."
        )
    files = {name: _unchanged(folder / name, sha) for name, sha in _hashes(folder, tree).items()}
    if missing := {WEIGHTS, RECIPE, PROTEINS} - files.keys():
        raise damaged_model(folder, f"{DESCRIPTION} does not list {', '.join(sorted(missing))}")
    proteins = _parsed(folder / PROTEINS, files.pop(PROTEINS))
    try:
        weights = load(files.pop(WEIGHTS))
    except SafetensorError as error:
        raise damaged_model(folder / WEIGHTS, str(error)) from None
    recipe = files.pop(RECIPE).decode(errors="replace")
    parts = {name.removeprefix(f"{PARTS}/"): content for name, content in files.items()}
    return checked_model(folder, tree | proteins, recipe, weights, parts)


def checked_model(
    path: Path,
    tree: Mapping[str, Any],
    recipe: str,
    weights: dict[str, Tensor],
    parts: Mapping[str, bytes],
) -> SavedModel:
    """Check the content of a model that was read.

    Parameters
    ----------
    path
        Where it was read, for messages.
    tree
        Its description.
    recipe
        Its recipe, as JSON.
    weights
        Its tensors.
    parts
        The files of its custom parts.

    Returns
    -------
    SavedModel
        The checked model.

    Raises
    ------
    UserError
        If the description lacks a field or has a wrong value, or a weight is not finite.
    """
    required = {f.alias or name for name, f in Description.model_fields.items() if f.is_required()}
    if missing := sorted((required | {"schema"}) - tree.keys()):
        raise UserError(
            f"{path} is not the model of a finished run of this version: it lacks "
            f"{', '.join(missing)}. Train the run again, or let it finish."
        )
    try:
        description = Description.model_validate(tree)
    except ValidationError as error:
        raise damaged_model(path, mistakes(error)) from None
    if endless := [name for name, weight in weights.items() if not torch.isfinite(weight).all()]:
        raise damaged_model(
            path,
            f"weights {', '.join(endless[:3])}: NaN or infinity, so every logit would be NaN",
        )
    fits = any(description.width in weight.shape for weight in weights.values())
    if not (fits or parts):  # a class of the user's own may ignore the vectors
        # without this check, a network of a wrong and huge width would fill the memory
        raise damaged_model(
            path,
            f"its weights do not fit its recipe (none of them has the width {description.width})",
        )
    return SavedModel(description, recipe, weights, parts)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(tree: Any) -> bytes:
    return (json.dumps(tree, indent=1) + "\n").encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror or error}). {EXPECTED_MODEL}"
        ) from None


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(content)
    except ValueError as error:
        raise damaged_model(path, str(error)) from None
    if not isinstance(tree, dict):
        raise damaged_model(path, "it is no JSON object")
    return tree


def _hashes(folder: Path, tree: dict[str, Any]) -> dict[str, str]:
    """Take the hashes out of the description; check its own, and that the files lie inside."""
    if tree.pop("sha256", None) != _sha256(_json(tree)):
        raise damaged_model(folder / DESCRIPTION, "it has changed since it was written")
    hashes = tree.pop("files", None)
    if not isinstance(hashes, dict):
        raise damaged_model(folder, f"{DESCRIPTION} lacks the hashes of its files")
    for name in hashes:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise damaged_model(folder, f"{DESCRIPTION} names {name}, which lies outside")
    return hashes


def _unchanged(path: Path, sha256: str) -> bytes:
    if not path.exists():
        raise UserError(f"{path} cannot be read: it is missing. {COPY_AGAIN}")
    content = _read(path)
    if _sha256(content) != sha256:
        raise UserError(f"{path} is damaged: it has changed since it was written. {COPY_AGAIN}")
    return content


COPY_AGAIN = "Copy the model's whole folder again from its study (reports/STUDY/runs/RUN)."
