"""Finds windows with equal letters. Shapes: N windows, L letters per window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import PAD

_TOKENS = PAD + 1
_LETTERS_PER_WORD = 24  # 6 ** 24 < 2 ** 64
_ROWS = 65_536


def first_equal(rna_NL: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Find the first window with the same letters as each window.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.

    Returns
    -------
    NDArray[np.int64]
        (N,) indices; a window that no earlier one equals has its own.
    """
    length = rna_NL.shape[1]
    words = [
        _pack(rna_NL[:, start : start + _LETTERS_PER_WORD])
        for start in range(0, length, _LETTERS_PER_WORD)
    ]
    order_N = np.lexsort(words)  # stable: keeps the order of equal windows
    is_new_N = np.zeros(len(rna_NL), dtype=bool)
    is_new_N[:1] = True
    for word_N in words:
        sorted_N = word_N[order_N]
        is_new_N[1:] |= sorted_N[1:] != sorted_N[:-1]
    first_N = np.empty(len(rna_NL), dtype=np.int64)
    first_N[order_N] = order_N[is_new_N][np.cumsum(is_new_N) - 1]
    return first_N


def _pack(rna_NL: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Pack at most 24 tokens into one number in base 6."""
    powers_L = np.uint64(_TOKENS) ** np.arange(rna_NL.shape[1], dtype=np.uint64)
    word_N = np.empty(len(rna_NL), dtype=np.uint64)
    for start in range(0, len(rna_NL), _ROWS):
        rows = slice(start, start + _ROWS)
        word_N[rows] = rna_NL[rows].astype(np.uint64) @ powers_L
    return word_N
