"""What the windows of an overlap cluster have in common: the stretch that most of them share.

Shapes: M windows of the cluster, L letters per window, W places of a stretch in a window.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import N_TOKEN, decode
from rpbind.data.dataset import Dataset

MOTIF = 15
"""Letters of the stretch that describes a cluster: 4^15 is a billion, so chance repeats none."""

MOST_WINDOWS = 2_000
"""Windows of a cluster that are read for its description, evenly spread over it."""


def shared_motif(dataset: Dataset, cluster: int) -> str:
    """Say which stretch of letters most windows of an overlap cluster share.

    Parameters
    ----------
    dataset
        The dataset.
    cluster
        The overlap cluster.

    Returns
    -------
    str
        Such as "; AAAAUACAAAAAUUA is in 61 % of these"; "" if the windows are shorter than that.
    """
    rows = np.flatnonzero(dataset.cluster_N == cluster)
    rows = rows[:: max(1, len(rows) // MOST_WINDOWS)]
    rna_ML = dataset.rna_NL[rows]
    if rna_ML.shape[1] < MOTIF:
        return ""
    code_MW, whole_MW = _codes(rna_ML, MOTIF)
    many, window_K = np.uint64(len(rows)), np.nonzero(whole_MW)[0].astype(np.uint64)
    pair_K = np.unique(code_MW[whole_MW] * many + window_K)  # a stretch counts once per window
    if not len(pair_K):
        return ""
    code_U, count_U = np.unique(pair_K // many, return_counts=True)
    digits = [(int(code_U[count_U.argmax()]) >> 2 * at) & 3 for at in reversed(range(MOTIF))]
    share = 100 * count_U.max() / len(rows)
    return f"; {decode(np.array(digits, dtype=np.uint8))} is in {share:.0f} % of these"


def _codes(rna_ML: NDArray[np.uint8], k: int) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return every k-mer (M, W) in two bits per letter, and whether it has no N."""
    places = rna_ML.shape[1] - k + 1
    code_MW = np.zeros((len(rna_ML), places), dtype=np.uint64)
    whole_MW = np.ones((len(rna_ML), places), dtype=bool)
    for letter in range(k):
        token_MW = rna_ML[:, letter : letter + places]
        code_MW = (code_MW << np.uint64(2)) | (token_MW & 3)
        whole_MW &= token_MW < N_TOKEN
    return code_MW, whole_MW
