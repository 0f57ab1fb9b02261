"""Finds windows with equal letters. Shapes: N windows, L letters per window, B rows of a bucket."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import PAD
from rpbind.files.spill import blocks, scratch

_TOKENS = PAD + 1
_LETTERS_PER_WORD = 24  # 6 ** 24 < 2 ** 64
_ROWS = 65_536
_BUCKET = 2_000_000  # windows that are compared in memory at a time
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads windows over buckets


def first_equal(rna_NL: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Find the first window with the same letters as each window.

    The windows of more than one bucket are spread over files by a hash of their letters, so that
    equal windows are in one file, and one file is compared after another. The files have about
    L / 2 bytes per window, and are in the scratch folder that is open, or in the system's.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.

    Returns
    -------
    NDArray[np.int64]
        (N,) indices; a window that no earlier one equals has its own.
    """
    if len(rna_NL) <= _BUCKET:
        return _first_of(_words(rna_NL))
    buckets = 1 + len(rna_NL) // _BUCKET
    with tempfile.TemporaryDirectory(prefix="rpbind-", dir=scratch()) as folder:
        paths = [Path(folder) / str(bucket) for bucket in range(buckets)]
        kind = _spread(rna_NL, paths)
        first_N = np.empty(len(rna_NL), dtype=np.int64)
        for path in paths:
            bucket = np.fromfile(path, dtype=kind)
            row_B, words_BW = bucket["row"], bucket["words"]
            first_N[row_B] = row_B[_first_of(list(words_BW.T))]
    return first_N


def _spread(rna_NL: NDArray[np.uint8], paths: list[Path]) -> np.dtype[np.void]:
    """Write row and letters of each window to the file of its bucket; return the record's type."""
    words = len(_words(rna_NL[:1]))
    kind = np.dtype([("row", np.int64), ("words", np.uint64, (words,))])
    files = [path.open("wb") for path in paths]
    try:
        for part in blocks(len(rna_NL), _ROWS):
            record = np.empty(part.stop - part.start, dtype=kind)
            record["row"] = np.arange(part.start, part.stop)
            record["words"] = np.stack(_words(rna_NL[part]), axis=1)
            hash_R = np.zeros(len(record), dtype=np.uint64)
            for word_R in record["words"].T:
                hash_R = (hash_R ^ word_R) * _ODD
            bucket_R = (hash_R >> np.uint64(32)) % np.uint64(len(paths))
            order_R = np.argsort(bucket_R, kind="stable")
            ends = np.cumsum(np.bincount(bucket_R.astype(np.int64), minlength=len(paths)))
            for file, rows in zip(files, np.split(record[order_R], ends[:-1]), strict=True):
                file.write(rows.tobytes())
    finally:
        for file in files:
            file.close()
    return kind


def _first_of(words: list[NDArray[np.uint64]]) -> NDArray[np.int64]:
    """Return the first row with equal words for each row."""
    order_N = np.lexsort(words)  # stable: keeps the order of equal windows
    is_new_N = np.zeros(len(order_N), dtype=bool)
    is_new_N[:1] = True
    for word_N in words:
        sorted_N = word_N[order_N]
        is_new_N[1:] |= sorted_N[1:] != sorted_N[:-1]
    first_N = np.empty(len(order_N), dtype=np.int64)
    first_N[order_N] = order_N[is_new_N][np.cumsum(is_new_N) - 1]
    return first_N


def _words(rna_NL: NDArray[np.uint8]) -> list[NDArray[np.uint64]]:
    """Pack the tokens of each window into numbers of 24 tokens each."""
    length = rna_NL.shape[1]
    return [
        _pack(rna_NL[:, start : start + _LETTERS_PER_WORD])
        for start in range(0, length, _LETTERS_PER_WORD)
    ]


def _pack(rna_NL: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Pack at most 24 tokens into one number in base 6."""
    powers_L = np.uint64(_TOKENS) ** np.arange(rna_NL.shape[1], dtype=np.uint64)
    word_N = np.empty(len(rna_NL), dtype=np.uint64)
    for part in blocks(len(rna_NL), _ROWS):
        word_N[part] = rna_NL[part].astype(np.uint64) @ powers_L
    return word_N
