"""Windows as counts of their k-mers, in a sparse matrix; there is no Python loop over letters.

Shapes: N windows, L letters per window, S positions of a k-mer in a window, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from rpbind.data.alphabet import LETTERS, N_TOKEN, lengths

Features = Callable[[NDArray[np.uint8]], sp.csr_matrix]
"""Tokens (N, L) to counts (N, F) float32."""

_ROWS = 4096


def count_kmers(rna_NL: NDArray[np.uint8], sizes: tuple[int, ...]) -> sp.csr_matrix:
    """Return how often each k-mer occurs in each window, for every k in `sizes`: (N, F) float32.

    The columns of one k are in the order A C G U. K-mers that contain an N are not counted. The
    counts of a window shorter than the longest are scaled up to its length, so that they do not
    tell the length, which is no composition.
    """
    starts = range(0, max(len(rna_NL), 1), _ROWS)
    blocks = [_block(rna_NL[start : start + _ROWS], sizes) for start in starts]
    return _of_one_length(sp.vstack(blocks, format="csr"), rna_NL)


def count_gc(rna_NL: NDArray[np.uint8]) -> sp.csr_matrix:
    """Return how many letters of each window are G or C: (N, 1) float32."""
    gc_NL = (rna_NL == LETTERS.index("G")) | (rna_NL == LETTERS.index("C"))
    counts = sp.csr_matrix(gc_NL.sum(axis=1, keepdims=True, dtype=np.float32))
    return _of_one_length(counts, rna_NL)


FEATURES: dict[str, Features] = {
    "gc": count_gc,
    "mononucleotide": partial(count_kmers, sizes=(1,)),
    "dinucleotide": partial(count_kmers, sizes=(1, 2)),
    "5mer": partial(count_kmers, sizes=(1, 2, 3, 4, 5)),
}
"""The features of the regressions, from the G and C content to all k-mers up to length 5."""


def _of_one_length(counts: sp.csr_matrix, rna_NL: NDArray[np.uint8]) -> sp.csr_matrix:
    """Scale the counts of padded windows up to the length L; others stay as they are."""
    length_N = lengths(rna_NL)
    if (length_N == rna_NL.shape[1]).all():
        return counts
    factor_N = (rna_NL.shape[1] / length_N).astype(np.float32)
    return sp.csr_matrix(sp.diags(factor_N) @ counts)


def _block(rna_NL: NDArray[np.uint8], sizes: tuple[int, ...]) -> sp.csr_matrix:
    counts = [_counts(rna_NL, k) for k in sizes]
    return sp.csr_matrix(np.hstack(counts).astype(np.float32))


def _counts(rna_NL: NDArray[np.uint8], k: int) -> NDArray[np.int64]:
    windows, places = len(rna_NL), max(rna_NL.shape[1] - k + 1, 0)
    code_NS = np.zeros((windows, places), dtype=np.int64)
    real_NS = np.ones(code_NS.shape, dtype=bool)
    for offset in range(k):
        letter_NS = rna_NL[:, offset : offset + places]
        code_NS = code_NS * 4 + letter_NS
        real_NS &= letter_NS < N_TOKEN  # neither N nor padding
    cell_NS = np.arange(windows)[:, None] * 4**k + code_NS
    return np.bincount(cell_NS[real_NS], minlength=windows * 4**k).reshape(windows, 4**k)
