"""Finds the weights of a protein language model, and loads it whatever its format.

A file is a checkpoint of fair-esm, a folder is a model in Hugging Face's format. Without either,
the caches of torch hub and of Hugging Face are searched; nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path

import torch

from rpbind.errors import UserError
from rpbind.proteins.esm2 import URL, load_esm2
from rpbind.proteins.inference import Inference
from rpbind.proteins.language_model import LanguageModel, Loaded
from rpbind.proteins.model_folder import load_folder
from rpbind.proteins.published import ESM2, PUBLISHED, Family


def load_model(
    family: Family | None, name: str | None, weights: Path | None, inference: Inference
) -> LanguageModel:
    """Load a protein language model.

    Parameters
    ----------
    family
        The kind that is expected; None for any.
    name
        A published model; None for any.
    weights
        Its file or folder.
    inference
        Precision, and size of a batch.

    Returns
    -------
    LanguageModel
        The encoder.

    Raises
    ------
    UserError
        If there are no weights, they cannot be read, or they are those of another model.
    """
    path = weights or _cached(family, name)
    if path.is_dir():
        loaded, found = load_folder(path, inference)
    elif path.suffix == ".safetensors":
        raise UserError(
            f"{path} is a file of weights alone. Give its folder, which also has config.json and "
            f"the tokenizer's files: --weights {path.parent}."
        )
    elif path.is_file():
        loaded, found = load_esm2(path, inference), ESM2
    else:
        raise UserError(f"No file {path}." if path.suffix else f"No file or folder {path}.")
    if family is not None and found != family:
        raise UserError(
            f"Expected {family.name}; {path} has {found.name}. Give --encoder {found.any_name}, or "
            "the right --weights."
        )
    if name is not None:
        _check_size(name, loaded, path)
    return LanguageModel(loaded, inference)


def _check_size(name: str, loaded: Loaded, path: Path) -> None:
    model = PUBLISHED[name]
    if (loaded.layers, loaded.width) != (model.layers, model.width):
        raise UserError(
            f"Expected {name} ({model.layers} layers of width {model.width}); {path} has "
            f"{loaded.layers} of width {loaded.width}. Give the right one with --weights."
        )


def _cached(family: Family | None, name: str | None) -> Path:
    """Return the place of a published model in a cache; the file of torch hub comes first."""
    if name is None:
        what = f"'{family.any_name}'" if family else "of this model"
        where = "a checkpoint file or a folder" if family in (None, ESM2) else "the model's folder"
        raise UserError(f"Encoder {what} needs {where}: --weights {_given(family)}.")
    model = PUBLISHED[name]
    file = Path(torch.hub.get_dir()) / "checkpoints" / f"{name}.pt"
    if model.family == ESM2 and file.is_file():
        return file
    folder = _hugging_face_folder(model.repository)
    if folder is not None:
        return folder
    download = f"Download the folder with: hf download {model.repository}"
    if model.family == ESM2:
        download = f"Download {URL}/{name}.pt and put it there (or: hf download {model.repository})"
    place = f" at {file}" if model.family == ESM2 else ""
    raise UserError(
        f"No weights of {name}{place} and none in Hugging Face's cache. {download}, or give a file "
        "or folder with --weights PATH. `rpbind embed --encoder physchem` needs no download."
    )


def _given(family: Family | None) -> str:
    return "FILE" if family in (None, ESM2) else "FOLDER"


def _hugging_face_folder(repository: str) -> Path | None:
    """Return the folder of a model in Hugging Face's cache; None without it."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None  # the extra is not installed: the message says how to get the weights
    config = try_to_load_from_cache(repository, "config.json")
    return Path(config).parent if isinstance(config, str) else None
