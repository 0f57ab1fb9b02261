"""Protein language models as encoders: windows, batches by length, GPU, precision.

Shapes: B windows of a batch, L tokens of the longest, W the width of a vector.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rpbind.errors import UserError
from rpbind.proteins.inference import Inference
from rpbind.proteins.letters import ITSELF
from rpbind.proteins.sequence import RESIDUES, STANDS_FOR, clean
from rpbind.proteins.windows import WINDOW, plan_batches, stitch, window_bounds

GPU_BATCH = 16 * (WINDOW + 2)
"""Tokens of a batch on a GPU. On a CPU a batch is one window: padding would only cost time, and
the vectors of a protein do not depend on what else is encoded, not even in the last bit."""

Forward = Callable[[Tensor, Tensor], Tensor]
"""From tokens (B, L) and the mask of real ones (B, L) to the vectors (B, L, W) of the last layer"""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a language model.

    Parameters
    ----------
    ids
        Token of each letter that the model knows.
    before, after
        Tokens around a window, such as <cls> and <eos>.
    pad
        Token that fills up a batch.
    as_x
        Letters that are read as X.
    """

    ids: Mapping[str, int]
    before: tuple[int, ...]
    after: tuple[int, ...]
    pad: int
    as_x: str = "J"

    def tokens(self, residues: str) -> list[int]:
        """Return the tokens of a window, given as letters in upper case."""
        x = self.ids["X"]
        read = (x if letter in self.as_x else self.ids[letter] for letter in residues)
        return [*self.before, *read, *self.after]

    @property
    def letters(self) -> dict[str, str]:
        """How the letters beyond the twenty amino acids are read."""
        return {letter: "X" if letter in self.as_x else ITSELF for letter in STANDS_FOR}

    @property
    def missing(self) -> str:
        """The letters that must have a token and have none."""
        needed = [*RESIDUES, *(letter for letter in STANDS_FOR if letter not in self.as_x)]
        return "".join(letter for letter in needed if letter not in self.ids)


@dataclass(frozen=True)
class Loaded:
    """A language model that was read from its files.

    Parameters
    ----------
    name
        Name of the model: the stem of its file, or the name of its folder.
    sha256
        Hash of its files.
    network
        The network.
    width
        Length of a vector.
    layers
        Number of layers.
    forward
        The network's last layer.
    vocabulary
        Its tokens.
    """

    name: str
    sha256: str
    network: nn.Module = field(repr=False)
    width: int
    layers: int
    forward: Forward = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)


class LanguageModel:
    """A protein language model as an encoder; see `rpbind.proteins.encoder.ProteinEncoder`.

    The embedding store keeps its vectors as float16: half the space, rounded by at most 1 in 2,048.

    Parameters
    ----------
    loaded
        The model.
    inference
        Precision, and size of a batch.
    """

    dtype = "float16"

    def __init__(self, loaded: Loaded, inference: Inference = Inference()) -> None:  # noqa: B008
        self.id, self.sha256, self.width = loaded.name, loaded.sha256, loaded.width
        if inference.precision != "float32":
            self.id = inference.named(loaded.name)
            self.sha256 = hashlib.sha256(
                f"{loaded.sha256} {inference.precision}".encode()
            ).hexdigest()
        self.letters = loaded.vocabulary.letters
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._most = inference.batch_residues or (GPU_BATCH if self.device == "cuda" else None)
        self._vocabulary, self._forward = loaded.vocabulary, loaded.forward
        loaded.network.eval().requires_grad_(False).to(self.device)

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, width) float32."""
        return self.encode_batch([sequence])[0]

    def batches(self, sequences: Sequence[str]) -> list[list[int]]:
        """Return the indices of the sequences that `encode_batch` takes together."""
        return plan_batches([len(clean(sequence)) for sequence in sequences], self._most)

    def encode_batch(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Encode proteins together.

        Parameters
        ----------
        sequences
            Protein sequences, in any case.

        Returns
        -------
        list of (residues, width) float32
            The vectors of each protein.

        Raises
        ------
        UserError
            If a letter is no amino acid, or the GPU's memory is too small for a batch.
        """
        chains = [clean(sequence) for sequence in sequences]
        windows = [
            (which, start, stop)
            for which, chain in enumerate(chains)
            for start, stop in window_bounds(len(chain))
        ]
        vectors: dict[tuple[int, int, int], NDArray[np.float32]] = {}
        for batch in plan_batches([stop - start for _, start, stop in windows], self._most):
            members = [windows[at] for at in batch]
            found = self._vectors([chains[which][start:stop] for which, start, stop in members])
            vectors |= zip(members, found, strict=True)

        def combined(which: int) -> NDArray[np.float32]:
            return stitch(len(chains[which]), lambda start, stop: vectors[which, start, stop])

        return [combined(which) for which in range(len(chains))]

    @torch.inference_mode()
    def _vectors(self, windows: Sequence[str]) -> list[NDArray[np.float32]]:
        rows = [self._vocabulary.tokens(window) for window in windows]
        longest = max(map(len, rows))
        tokens_BL = torch.full((len(rows), longest), self._vocabulary.pad)
        real_BL = torch.zeros((len(rows), longest), dtype=torch.bool)
        for at, row in enumerate(rows):
            tokens_BL[at, : len(row)] = torch.tensor(row)
            real_BL[at, : len(row)] = True
        try:
            vectors_BLW = self._forward(tokens_BL.to(self.device), real_BL.to(self.device))
            vectors_BLW = vectors_BLW.float().cpu()
        except torch.OutOfMemoryError:
            raise UserError(
                f"The GPU's memory is too small for a batch of {tokens_BL.numel():,} residues. "
                f"Give a smaller --batch-residues, or --precision bfloat16. What is done is kept: "
                "the same command continues."
            ) from None
        first = len(self._vocabulary.before)
        return [
            vectors_BLW[at, first : first + len(window)].numpy()
            for at, window in enumerate(windows)
        ]
