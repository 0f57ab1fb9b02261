"""The default protein encoder: ten published physico-chemical scales per residue.

`U` has the values of `C` and `O` those of `K`; `B`, `Z` and `J` have the mean of the two residues
that they stand for, and `X` the mean of all twenty.
"""

from __future__ import annotations

import hashlib

import numpy as np
from Bio.SeqUtils import ProtParamData
from numpy.typing import NDArray

from rpbind.proteins.letters import AS_RESIDUES
from rpbind.proteins.sequence import RESIDUES, STANDS_FOR, clean

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
    """Return (20, 10): ten scales with their published values, rows in the order of `RESIDUES`.

    Columns 0-4: the factors of Atchley et al. 2005, PNAS 102:6395, doi 10.1073/pnas.0408677102
    (polarity, secondary structure, volume, codon diversity, charge). Columns 5-9, as Biopython's
    `ProtParamData` ships them: hydropathy (Kyte and Doolittle 1982, doi
    10.1016/0022-2836(82)90515-0), hydrophilicity (Hopp and Woods 1981, doi
    10.1073/pnas.78.6.3824), surface probability after Emini and interior-to-surface transfer
    energy after Janin (both as in Vergoten and Theophanides, Biomolecular Structure and Dynamics,
    1997, p. 138, whose digits are not exactly those of Emini et al. 1985 and Janin 1979),
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
    """Ten published physico-chemical scales per residue. The default, because it needs no download.

    Each scale is standardised to mean 0 and standard deviation 1 (population) over the twenty
    residues. Sources: `physchem_scales`.
    """

    id = "physchem"
    width = 10
    dtype = "float32"
    letters = AS_RESIDUES

    def __init__(self) -> None:
        self._table = _physchem_table()
        published = physchem_scales().astype("<f8")
        self.sha256 = hashlib.sha256(published.tobytes()).hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, 10) float32."""
        return self._table[np.frombuffer(clean(sequence).encode(), dtype=np.uint8)]
