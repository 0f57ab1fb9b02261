"""Encoders turn one protein sequence into one matrix, residues x width, behind one interface.

The letters are those of `rpbind.proteins.sequence`. In the physico-chemical scales, `U` reads as
`C` and `O` as `K`, `B`, `Z` and `J` as the mean of the two residues they stand for, `X` as the mean
of all twenty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from Bio.SeqUtils import ProtParamData
from numpy.typing import NDArray

from rpbind.errors import UserError, did_you_mean
from rpbind.proteins.sequence import RESIDUES, STANDS_FOR, clean


class ProteinEncoder(Protocol):
    """What turns a sequence into per-residue vectors.

    `id` names its embedding store, `width` is the length of a vector, `dtype` is how a store keeps
    it, and `sha256` is the hash of what it is made of (weights or table), so that no store mixes
    two.
    """

    @property
    def id(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def dtype(self) -> str: ...
    @property
    def sha256(self) -> str: ...

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, width) float32; raises `UserError` on a letter that is no residue."""
        ...


_ATCHLEY = """
A -0.591 -1.302 -0.733  1.570 -0.146
C -1.343  0.465 -0.862 -1.020 -0.255
D  1.050  0.302 -3.656 -0.259 -3.242
E  1.357 -1.453  1.477  0.113 -0.837
F -1.006 -0.590  1.891 -0.397  0.412
G -0.384  1.652  1.330  1.045  2.064
H  0.336 -0.417 -1.673 -1.474 -0.078
I -1.239 -0.547  2.131  0.393  0.816
K  1.831 -0.561  0.533 -0.277  1.648
L -1.019 -0.987 -1.505  1.266 -0.912
M -0.663 -1.524  2.219 -1.005  1.212
N  0.945  0.828  1.299 -0.169  0.933
P  0.189  2.081 -1.628  0.421 -1.392
Q  0.931 -0.179 -3.005 -0.503 -1.853
R  1.538 -0.055  1.502  0.440  2.897
S -0.228  1.399 -4.760  0.670 -2.647
T -0.032  0.326  2.213  0.908  1.313
V -1.337 -0.279 -0.544  1.242 -1.262
W -0.595  0.009  0.672 -2.128 -0.184
Y  0.260  0.830  3.097 -0.838  1.512
"""


def physchem_scales() -> NDArray[np.float64]:
    """Return (20, 10): the ten published scales as published, rows in the order of `RESIDUES`.

    Columns 0-4: the factors of Atchley et al. 2005, PNAS 102:6395, doi 10.1073/pnas.0408677102
    (polarity, secondary structure, volume, codon diversity, charge). Columns 5-9, as Biopython's
    `ProtParamData` ships them: hydropathy (Kyte and Doolittle 1982, doi
    10.1016/0022-2836(82)90515-0), hydrophilicity (Hopp and Woods 1981, doi
    10.1073/pnas.78.6.3824), surface probability after Emini and interior-to-surface transfer
    energy after Janin (both in the form of Vergoten and Theophanides, Biomolecular Structure and
    Dynamics, 1997, p. 138, which is not digit for digit that of Emini et al. 1985 and Janin 1979),
    flexibility (Vihinen et al. 1994, doi 10.1002/prot.340190207).
    """
    atchley = {row[0]: [float(x) for x in row[1:].split()] for row in _ATCHLEY.split("\n") if row}
    data = ProtParamData
    single = [data.kd, data.hw, data.em, data.ja, data.Flex]
    return np.array([atchley[aa] + [scale[aa] for scale in single] for aa in RESIDUES])


def _physchem_table() -> NDArray[np.float32]:
    scales = physchem_scales()
    z = (scales - scales.mean(axis=0)) / scales.std(axis=0)
    table = np.zeros((128, z.shape[1]), dtype=np.float32)
    for letter, stands_for in [*zip(RESIDUES, RESIDUES, strict=True), *STANDS_FOR.items()]:
        table[ord(letter)] = z[[RESIDUES.index(aa) for aa in stands_for]].mean(axis=0)
    table[ord("X")] = 0.0
    return table


class PhysChem:
    """Ten published physico-chemical scales per residue: the default, it needs no download.

    Every scale is standardised to mean 0 and standard deviation 1 (population) over the twenty
    residues. Sources: `physchem_scales`.
    """

    id = "physchem"
    width = 10
    dtype = "float32"

    def __init__(self) -> None:
        self._table = _physchem_table()
        published = physchem_scales().astype("<f8")
        self.sha256 = hashlib.sha256(published.tobytes()).hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, 10) float32."""
        return self._table[np.frombuffer(clean(sequence).encode(), dtype=np.uint8)]


class RandomVector:
    """A control: identity without biology. One vector per protein, the same for every residue.

    It is cut from the SHAKE-256 digest of the sequence, uniform with mean 0 and variance 1, so it
    is the same on every machine and needs no seed.
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
    """A control: no protein at all. Every residue of every protein has the same vector."""

    id = "constant"
    width = 10
    dtype = "float32"
    sha256 = hashlib.sha256(b"ones").hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, 10) float32, all ones."""
        return np.ones((len(clean(sequence)), self.width), dtype=np.float32)


_CLASSES = ("AGV", "FILP", "MSTY", "HNQW", "KR", "DE", "C")


class ConjointTriad:
    """Which triad of residue classes is centred on a residue: 7 x 7 x 7, one of them 1.

    The mean over a protein is its triad frequencies, which tell proteins apart far better than the
    mean of a few scales does. The seven classes are by dipole and volume of the side chain (Shen et
    al. 2007, PNAS 104:4337, doi 10.1073/pnas.0607879104). The ends have no triad: their rows are 0.
    A letter that stands for several residues is shared out among their classes.
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
    """Makes one of the published ESM-2 models, or with `model` None any ESM-2 checkpoint."""

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
"""Every encoder by name; `esm2` is any other ESM-2 checkpoint, given by its file."""


def make_encoder(name: str, weights: Path | None = None) -> ProteinEncoder:
    """Return the encoder called `name`; `weights` is a local ESM-2 checkpoint.

    Raises `UserError` on an unknown name (with the nearest right one), on weights for an encoder
    that has none, and where ESM-2 weights are missing or are not what was asked for.
    """
    if name not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise UserError(f"No encoder '{name}'; there are {known}.{did_you_mean(name, ENCODERS)}")
    return ENCODERS[name](weights)
