"""The interface of protein encoders: each turns a sequence into a matrix (residues, width).

The letters are those of `rpbind.proteins.sequence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rpbind.proteins.store_manifest import ImportedSource


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


@runtime_checkable
class ImportedVectors(ProteinEncoder, Protocol):
    """Vectors that were computed elsewhere."""

    @property
    def imported(self) -> ImportedSource:
        """The file that has them."""
        ...
