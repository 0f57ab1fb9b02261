"""ESM-2 by fair-esm, from a local checkpoint file that is read safely.

Lin et al. 2023, Science 379:1123, doi 10.1126/science.ade2574. A vector is the last layer's
representation.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from torch import Tensor

from rpbind.errors import UserError
from rpbind.proteins.inference import Inference
from rpbind.proteins.language_model import Loaded, Vocabulary

_NOT_A_CHECKPOINT = (
    RuntimeError, EOFError, LookupError, TypeError, ValueError, AttributeError, AssertionError,
    ArithmeticError,
)  # fmt: skip
"""What torch and fair-esm raise if a file is something else, whatever it is."""

URL = "https://dl.fbaipublicfiles.com/fair-esm/models"
"""Where the published checkpoints are."""


def load_esm2(path: Path, inference: Inference) -> Loaded:
    """Load an ESM-2 checkpoint in fair-esm's format.

    Parameters
    ----------
    path
        The file.
    inference
        Its precision. The weights stay float32: the angles of its positions need that.

    Returns
    -------
    Loaded
        The model; its name is the stem of the file.

    Raises
    ------
    UserError
        If the file is no ESM-2 checkpoint, or would run code when loaded.
    """
    model = _read(path)
    alphabet, last = model.alphabet, model.num_layers
    half = inference.precision == "bfloat16"

    def forward(tokens_BL: Tensor, _: Tensor) -> Tensor:
        with torch.autocast(tokens_BL.device.type, torch.bfloat16, enabled=half):
            return model(tokens_BL, repr_layers=[last])["representations"][last]

    vocabulary = Vocabulary(
        ids=alphabet.tok_to_idx,
        before=(alphabet.cls_idx,),
        after=(alphabet.eos_idx,),
        pad=alphabet.padding_idx,
    )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Loaded(path.stem, digest, model, model.embed_dim, last, forward, vocabulary)


def _read(path: Path) -> ESM2:
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            data = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
        if not isinstance(data, dict):  # a tensor would accept texts as indices, with a warning
            raise TypeError(f"it holds a {type(data).__name__}")
        config = data["cfg"]["model"]
        state = {
            key.removeprefix("encoder.").removeprefix("sentence_encoder."): tensor
            for key, tensor in data["model"].items()
        }
        model = ESM2(
            num_layers=config.encoder_layers,
            embed_dim=config.encoder_embed_dim,
            attention_heads=config.encoder_attention_heads,
            alphabet=Alphabet.from_architecture("ESM-1b"),
            token_dropout=config.token_dropout,
        )
    except UnpicklingError as error:
        *_, why = (str(error).strip() or type(error).__name__).splitlines()
        raise UserError(
            f"{path} cannot be read: it is damaged, or would run code when loaded ({why})."
        ) from None
    except _NOT_A_CHECKPOINT as error:
        raise UserError(
            f"{path} is no ESM-2 checkpoint in fair-esm format ({error}). Expected a file such as "
            f"{URL}/esm2_t6_8M_UR50D.pt."
        ) from None
    _load_weights(model, state, path)
    return model


def _load_weights(model: ESM2, state: dict[str, Any], path: Path) -> None:
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:  # a tensor of another shape
        raise UserError(f"{path} does not fit the ESM-2 that it declares: {error}") from None
    # published checkpoints have the contact head in a second file; the vectors do not need it
    missing = [key for key in missing if not key.startswith("contact_head.")]
    if missing or unexpected:
        raise UserError(
            f"{path} does not fit the ESM-2 that it declares: {len(missing)} weights are missing "
            f"(such as {missing[:3]}) and {len(unexpected)} are unknown (such as {unexpected[:3]})."
        )
