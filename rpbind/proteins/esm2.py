"""ESM-2 vectors per residue, by fair-esm from a local checkpoint that is read safely.

Lin et al. 2023, Science 379:1123, doi 10.1126/science.ade2574. A vector is the last layer's
representation. The models were trained on at most 1,022 residues, so a longer protein is encoded in
windows of 1,022 that overlap by at least 510. Each residue takes its vector from the window in
which it is farthest from a cut (an end of the protein is not a cut).
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.proteins.sequence import clean

WINDOW, OVERLAP = 1022, 510
SHAPES = {
    "esm2_t6_8M_UR50D": (6, 320),
    "esm2_t12_35M_UR50D": (12, 480),
    "esm2_t30_150M_UR50D": (30, 640),
    "esm2_t33_650M_UR50D": (33, 1280),
    "esm2_t36_3B_UR50D": (36, 2560),
    "esm2_t48_15B_UR50D": (48, 5120),
}
"""(layers, width) of the six published models."""

_NOT_A_CHECKPOINT = (
    RuntimeError, EOFError, LookupError, TypeError, ValueError, AttributeError, AssertionError,
    ArithmeticError,
)  # fmt: skip
"""What torch and fair-esm raise if a file is something else, whatever it is."""

_URL = "https://dl.fbaipublicfiles.com/fair-esm/models"


class Esm2:
    """An ESM-2 model as an encoder; its `id` is the stem of the checkpoint file.

    The embedding store keeps its vectors as float16: half the space, rounded by at most 1 in 2,048.
    """

    dtype = "float16"

    def __init__(self, model: ESM2, name: str, sha256: str) -> None:
        self.id, self.sha256 = name, sha256
        self.width: int = model.embed_dim
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = model.eval().requires_grad_(False).to(self.device)
        self._tokens = model.alphabet.get_batch_converter()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, width) float32. ESM-2 has no letter J, so J is encoded as X."""
        residues = clean(sequence).replace("J", "X")
        return stitch(len(residues), lambda start, stop: self._forward(residues[start:stop]))

    @torch.inference_mode()
    def _forward(self, residues: str) -> NDArray[np.float32]:
        last = self._model.num_layers
        tokens_1L = self._tokens([("", residues)])[2].to(self.device)
        layers = self._model(tokens_1L, repr_layers=[last])["representations"]
        # the first and the last token are <cls> and <eos>
        vectors_LW: NDArray[np.float32] = layers[last][0, 1:-1].float().cpu().numpy()
        return vectors_LW


def stitch(
    length: int,
    forward: Callable[[int, int], NDArray[np.float32]],
    size: int = WINDOW,
    overlap: int = OVERLAP,
) -> NDArray[np.float32]:
    """Return (length, width), combined from windows `forward(start, stop)`: (stop - start, width).

    Windows are evenly spaced over the protein; neighbours are cut in the middle of their overlap.
    """
    count = 1 if length <= size else -(-(length - overlap) // (size - overlap))
    starts = np.linspace(0, max(length - size, 0), count).round().astype(int).tolist()
    stops = [min(start + size, length) for start in starts]
    inner = [(start + stop) // 2 for start, stop in zip(starts[1:], stops[:-1], strict=True)]
    cuts = [0, *inner, length]
    pieces = [
        forward(start, stop)[cuts[k] - start : cuts[k + 1] - start]
        for k, (start, stop) in enumerate(zip(starts, stops, strict=True))
    ]
    return np.concatenate(pieces)


def load_esm2(name: str | None, weights: Path | None) -> Esm2:
    """Load a published model by `name`, or any ESM-2 checkpoint in `weights` if `name` is None.

    Without `weights`, the file is searched in torch hub's cache; nothing is downloaded. Raises
    `UserError` if there is no such file, if it is no ESM-2 checkpoint, if it would run code when
    loaded, or if it holds another model than `name`.
    """
    if name is None and weights is None:
        raise UserError("Encoder 'esm2' needs the file of an ESM-2 checkpoint: --weights FILE.")
    path = weights or Path(torch.hub.get_dir()) / "checkpoints" / f"{name}.pt"
    if not path.is_file():
        raise UserError(f"No file {path}." if weights else _missing_weights(name, path))
    model = _read(path)
    shape = (model.num_layers, model.embed_dim)
    if name is not None and shape != SHAPES[name]:
        raise UserError(
            f"Expected {name} ({SHAPES[name][0]} layers of width {SHAPES[name][1]}); {path} has "
            f"{shape[0]} of width {shape[1]}. Give the right file with --weights."
        )
    with path.open("rb") as file:
        return Esm2(model, path.stem, hashlib.file_digest(file, "sha256").hexdigest())


def _missing_weights(name: str | None, path: Path) -> str:
    return (
        f"No weights of {name} at {path}. Download {_URL}/{name}.pt and put it there, or give the "
        "file with --weights FILE. `rpbind embed --encoder physchem` needs no download."
    )


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
            f"{_URL}/esm2_t6_8M_UR50D.pt."
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
