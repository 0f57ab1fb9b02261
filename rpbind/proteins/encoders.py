"""Protein encoders: each turns a protein sequence into a matrix (residues, width).

The letters are those of `rpbind.proteins.sequence`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError, did_you_mean
from rpbind.proteins.custom import custom_encoder
from rpbind.proteins.inference import Inference, split_name
from rpbind.proteins.letters import AS_ITSELF, AS_RESIDUES
from rpbind.proteins.physchem import PhysChem
from rpbind.proteins.published import FAMILIES, PUBLISHED, Family
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

    @property
    def letters(self) -> Mapping[str, str]:
        """How it reads each letter that is none of the twenty amino acids."""
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


@runtime_checkable
class BatchEncoder(ProteinEncoder, Protocol):
    """A protein encoder that is faster on several proteins at once."""

    def batches(self, sequences: Sequence[str]) -> list[list[int]]:
        """Group proteins.

        Parameters
        ----------
        sequences
            Protein sequences.

        Returns
        -------
        list of list of int
            The indices of the sequences that are encoded together.
        """
        ...

    def encode_batch(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Encode proteins together.

        Parameters
        ----------
        sequences
            Protein sequences.

        Returns
        -------
        list of (residues, width) float32
            The vectors of each.
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
    letters = AS_ITSELF

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
    letters = AS_ITSELF

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
    letters = AS_RESIDUES

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
class LanguageModelMaker:
    """Makes a protein language model.

    Parameters
    ----------
    family
        Its kind; None for any.
    model
        Name of a published model; None for any model of the family.
    """

    family: Family | None
    model: str | None = None

    def __call__(
        self,
        weights: Path | None,
        inference: Inference = Inference(),  # noqa: B008
    ) -> ProteinEncoder:
        # imported here: torch takes seconds, and every reader of a store imports this module
        from rpbind.proteins.load_model import load_model

        return load_model(self.family, self.model, weights, inference)


@dataclass(frozen=True)
class TableMaker:
    """Makes an encoder that has no weights."""

    kind: Callable[[], ProteinEncoder]

    def __call__(self, weights: Path | None, inference: Inference = Inference()) -> ProteinEncoder:  # noqa: B008
        encoder = self.kind()
        if weights is not None:
            raise UserError(f"Encoder '{encoder.id}' has no weights; got --weights {weights}.")
        if inference != Inference():
            raise UserError(
                f"Encoder '{encoder.id}' is no language model; leave out --precision and "
                "--batch-residues."
            )
        return encoder


ENCODERS: dict[str, LanguageModelMaker | TableMaker] = {
    "physchem": TableMaker(PhysChem),
    "triad": TableMaker(ConjointTriad),
    "random": TableMaker(RandomVector),
    "constant": TableMaker(ConstantVector),
    **{name: LanguageModelMaker(model.family, name) for name, model in PUBLISHED.items()},
    **{family.any_name: LanguageModelMaker(family) for family in FAMILIES},
}
"""Every encoder by its name. `esm2`, `esmc` and `prott5` are any other model of that kind, given as
a file or a folder."""


def needs_weights(name: str) -> bool:
    """Whether an encoder is a language model, whose weights are files of their own.

    Parameters
    ----------
    name
        Id of the encoder; a name that is not in `ENCODERS` is that of a file or folder of weights.

    Returns
    -------
    bool
        True for ESM-2, ESM C and ProtT5.
    """
    return not isinstance(ENCODERS.get(name), TableMaker)


def remake_encoder(encoder_id: str, weights: Path | None) -> ProteinEncoder:
    """Make the encoder that made a store, from its id and its weights.

    Parameters
    ----------
    encoder_id
        Id of one of rpbind's encoders, or of a language model that was given by its weights.
    weights
        File or folder of a language model.

    Returns
    -------
    ProteinEncoder
        The encoder; the caller compares its hash.

    Raises
    ------
    UserError
        If weights are missing or cannot be read.
    """
    model, inference = split_name(encoder_id)
    if model in ENCODERS:
        return ENCODERS[model](weights, inference)
    return LanguageModelMaker(None)(weights, inference)


def make_encoder(
    name: str,
    weights: Path | None = None,
    options: Mapping[str, Any] | None = None,
    inference: Inference = Inference(),  # noqa: B008
) -> ProteinEncoder:
    """Make an encoder by its name.

    Parameters
    ----------
    name
        A name of `ENCODERS`, or the user's own class as FILE.py:CLASS or PACKAGE.MODULE:CLASS.
    weights
        File or folder of a language model; without it, the caches of torch hub and Hugging Face
        are searched.
    options
        Options of the user's own class.
    inference
        How a language model is run.

    Returns
    -------
    The encoder.

    Raises
    ------
    UserError
        If the name is unknown, if the encoder takes no weights or no options, if weights are
        missing or are those of another model, or if the user's own class does not fit.
    """
    if ":" in name:
        own = custom_encoder(name, options or {})
        if weights is not None:
            raise UserError(f"Encoder {name} takes no --weights; give its file as an option.")
        if inference != Inference():
            raise UserError(
                f"Encoder {name} takes no --precision and no --batch-residues; give them as its "
                "own options."
            )
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
    return ENCODERS[name](weights, inference)
