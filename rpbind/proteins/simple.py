"""Protein encoders without weights: conjoint triads, and two controls without biology."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from rpbind.proteins.letters import AS_ITSELF, AS_RESIDUES
from rpbind.proteins.sequence import STANDS_FOR, clean


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
