"""Protein encoders: each turns a protein sequence into a matrix (residues, width).

The letters are those of `rpbind.proteins.sequence`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError, did_you_mean
from rpbind.proteins.custom import custom_encoder
from rpbind.proteins.physchem import PhysChem
from rpbind.proteins.sequence import STANDS_FOR, clean


class ProteinEncoder(Protocol):
    """The interface of all protein encoders: one vector per residue."""

    @property
    def id(self) -> str:
        """Its name, and that of its embedding store's folder."""
        ...

    @property
    def width(self) -> int:
        """Length of a residue's vector."""
        ...

    @property
    def dtype(self) -> str:
        """The type in which an embedding store keeps the vectors: float32 or float16."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of its weights or table: a store never mixes vectors of two encoders."""
        ...

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Encode one protein; raises `UserError` if a letter is no amino acid.

        Parameters
        ----------
        sequence
            A protein sequence, in any case.

        Returns
        -------
        (residues, width) float32.
        """
        ...


class RandomVector:
    """A control that identifies proteins without biology: one random vector for all residues.

    The vector is computed from the SHAKE-256 digest of the sequence (uniform, mean 0, variance 1),
    so it is the same on every machine and needs no seed.
    """

    id = "random"
    width = 10
    dtype = "float32"
    sha256 = hashlib.sha256(b"shake-256, ten little-endian uint32, uniform").hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, 10) float32, all rows equal."""
        residues = clean(sequence)
        digest = hashlib.shake_256(residues.encode()).digest(4 * self.width)
        uniform = np.frombuffer(digest, dtype="<u4") / 2.0**32
        vector = ((uniform - 0.5) * np.sqrt(12.0)).astype(np.float32)
        return np.tile(vector, (len(residues), 1))


class ConstantVector:
    """A control without protein information: all residues of all proteins have the same vector."""

    id = "constant"
    width = 10
    dtype = "float32"
    sha256 = hashlib.sha256(b"ones").hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, 10) float32, all ones."""
        return np.ones((len(clean(sequence)), self.width), dtype=np.float32)


_CLASSES = ("AGV", "FILP", "MSTY", "HNQW", "KR", "DE", "C")


class ConjointTriad:
    """The classes of a residue and its two neighbours, as a one-hot vector of 7 x 7 x 7.

    The mean over a protein is its triad frequencies, which tell proteins apart far better than the
    mean of a few scales does. The seven classes group side chains by dipole and volume (Shen et al.
    2007, PNAS 104:4337, doi 10.1073/pnas.0607879104). The two end residues have no triad: their
    rows are 0. A letter that stands for several residues is divided among their classes.
    """

    id = "triad"
    width = 343
    dtype = "float16"
    sha256 = hashlib.sha256(" ".join(_CLASSES).encode()).hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, 343) float32."""
        letters = [STANDS_FOR.get(letter, letter) for letter in clean(sequence)]
        member_R7 = np.array(
            [[sum(aa in known for aa in some) / len(some) for known in _CLASSES]
             for some in letters], dtype=np.float32
        )  # fmt: skip
        rows_RW = np.zeros((len(letters), self.width), dtype=np.float32)
        before, here, after = member_R7[:-2], member_R7[1:-1], member_R7[2:]
        triads = np.einsum("ra,rb,rc->rabc", before, here, after)
        rows_RW[1:-1] = triads.reshape(len(triads), self.width)
        return rows_RW


@dataclass(frozen=True)
class Esm2Maker:
    """Makes a published ESM-2 model, or any ESM-2 checkpoint if `model` is None."""

    model: str | None

    def __call__(self, weights: Path | None) -> ProteinEncoder:
        # imported here: torch and fair-esm take seconds, and every reader of a store imports this
        from rpbind.proteins.esm2 import load_esm2

        return load_esm2(self.model, weights)


def _without_weights(make: Callable[[], ProteinEncoder]) -> Callable[[Path | None], ProteinEncoder]:
    def maker(weights: Path | None) -> ProteinEncoder:
        if weights is not None:
            raise UserError(f"Encoder '{make().id}' has no weights; got --weights {weights}.")
        return make()

    return maker


ENCODERS: dict[str, Callable[[Path | None], ProteinEncoder]] = {
    "physchem": _without_weights(PhysChem),
    "triad": _without_weights(ConjointTriad),
    "random": _without_weights(RandomVector),
    "constant": _without_weights(ConstantVector),
    "esm2_t6_8M_UR50D": Esm2Maker("esm2_t6_8M_UR50D"),
    "esm2_t12_35M_UR50D": Esm2Maker("esm2_t12_35M_UR50D"),
    "esm2_t30_150M_UR50D": Esm2Maker("esm2_t30_150M_UR50D"),
    "esm2_t33_650M_UR50D": Esm2Maker("esm2_t33_650M_UR50D"),
    "esm2_t36_3B_UR50D": Esm2Maker("esm2_t36_3B_UR50D"),
    "esm2_t48_15B_UR50D": Esm2Maker("esm2_t48_15B_UR50D"),
    "esm2": Esm2Maker(None),
}
"""Every encoder by its name. `esm2` is any other ESM-2 checkpoint, given as a file."""


def needs_weights(name: str) -> bool:
    """Whether an encoder is an ESM-2 model, whose weights are a file of their own.

    Parameters
    ----------
    name
        Id of the encoder; a name that is not in `ENCODERS` is that of an ESM-2 checkpoint.

    Returns
    -------
    bool
        True for ESM-2.
    """
    return isinstance(ENCODERS.get(name, Esm2Maker(None)), Esm2Maker)


def make_encoder(
    name: str, weights: Path | None = None, options: Mapping[str, Any] | None = None
) -> ProteinEncoder:
    """Make an encoder by its name.

    Parameters
    ----------
    name
        A name of `ENCODERS`, or the user's own class as FILE.py:CLASS or PACKAGE.MODULE:CLASS.
    weights
        A local ESM-2 checkpoint file; without it, torch hub's cache is searched.
    options
        Options of the user's own class.

    Returns
    -------
    The encoder.

    Raises
    ------
    UserError
        If the name is unknown, if the encoder takes no weights or no options, if the ESM-2 weights
        are missing or are those of another model, or if the user's own class does not fit.
    """
    if ":" in name:
        own = custom_encoder(name, options or {})
        if weights is not None:
            raise UserError(f"Encoder {name} takes no --weights; give its file as an option.")
        if own.id in ENCODERS:
            raise UserError(f"Encoder '{own.id}' is one of rpbind's own; rename your class.")
        return own
    if options:
        raise UserError(f"Encoder '{name}' takes no options; got {', '.join(options)}.")
    if name not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise UserError(
            f"No encoder '{name}'; the encoders are {known}, or a class of your own as "
            f"FILE.py:CLASS.{did_you_mean(name, ENCODERS)}"
        )
    return ENCODERS[name](weights)
