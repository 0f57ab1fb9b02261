"""K-mers of windows, in pieces that fit into memory.

Shapes: N windows, D some of them, L letters per window, K k-mers of one pass or bucket, R windows
of one block, W k-mers per window.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.files.spill import blocks

_KMERS_PER_PASS = 4_000_000  # that are in memory at a time
_KMERS_PER_ROUND = 600_000_000  # that are on disk at a time, 12 bytes each
_BASES = 4  # tokens below are A, C, G and U; others are no base
ROWS = 8_192
"""Windows of a block."""

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads k-mers over the passes


def rounds_of(kmers: int) -> int:
    """Return in how many rounds so many k-mers are spread over files."""
    return 1 + kmers // _KMERS_PER_ROUND


def kmers_by_bucket(
    rna_NL: NDArray[np.uint8],
    window_D: NDArray[np.int32],
    k: int,
    share: tuple[int, int],
    folder: Path,
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int32]]]:
    """Yield the k-mers without N of some windows in buckets that fit into memory.

    The k-mers are spread over files by a hash, so that equal ones are in one bucket.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.
    window_D
        (D,) the windows.
    k
        Letters per k-mer, 1 to 32.
    share
        A number and a total: only this one of so many shares of the k-mers, which bounds the size
        of the files.
    folder
        Folder for the files.

    Yields
    ------
    tuple
        (K,) k-mers in two bits per letter, and (K,) their windows.
    """
    number, rounds = share
    kmers = len(window_D) * (rna_NL.shape[1] - k + 1)
    buckets = 1 + kmers // rounds // _KMERS_PER_PASS
    paths = [folder / str(bucket) for bucket in range(buckets)]
    files = [path.open("wb") for path in paths]
    kind = np.dtype([("kmer", np.uint64), ("window", np.int32)])
    try:
        for part in blocks(len(window_D), ROWS):
            kmer_WR, clean_WR = roll(rna_NL[window_D[part]], k)
            hash_WR = (kmer_WR * _ODD) >> np.uint64(32)
            if rounds > 1:
                clean_WR &= hash_WR % np.uint64(rounds) == number
                hash_WR //= np.uint64(rounds)
            record_K = np.empty(np.count_nonzero(clean_WR), dtype=kind)
            record_K["kmer"] = kmer_WR[clean_WR]
            record_K["window"] = window_D[part][np.nonzero(clean_WR)[1]]
            bucket_K = (hash_WR[clean_WR] % np.uint64(buckets)).astype(np.int64)
            order_K = np.argsort(bucket_K, kind="stable")
            ends = np.cumsum(np.bincount(bucket_K, minlength=buckets))
            for file, rows in zip(files, np.split(record_K[order_K], ends[:-1]), strict=True):
                file.write(rows.tobytes())
    finally:
        for file in files:
            file.close()
    for path in paths:
        record_K = np.fromfile(path, dtype=kind)
        path.unlink()
        yield np.ascontiguousarray(record_K["kmer"]), np.ascontiguousarray(record_K["window"])


def passes_of(rna_DL: NDArray[np.uint8], k: int) -> int:
    """Return in how many passes all k-mers of these windows fit into memory."""
    return 1 + rna_DL.shape[0] * (rna_DL.shape[1] - k + 1) // _KMERS_PER_PASS


def kmers_of_pass(
    rna_DL: NDArray[np.uint8], k: int, number: int, passes: int
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return the k-mers without N of one pass, and the window of each.

    Parameters
    ----------
    rna_DL
        (D, L) tokens.
    k
        Letters per k-mer, 1 to 32.
    number
        Which pass, from 0; equal k-mers are in one pass.
    passes
        How many passes there are.

    Returns
    -------
    tuple
        (K,) k-mers in two bits per letter, and (K,) indices of their windows.
    """
    kmers, windows = [], []
    for start in range(0, len(rna_DL), ROWS):
        kmer_WR, clean_WR = roll(rna_DL[start : start + ROWS], k)
        mine_WR = clean_WR & (((kmer_WR * _ODD) >> 32) % passes == number)
        kmers.append(kmer_WR[mine_WR])
        windows.append(np.nonzero(mine_WR)[1].astype(np.int32) + start)
    return np.concatenate(kmers), np.concatenate(windows)


def roll(rna_RL: NDArray[np.uint8], k: int) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return every k-mer (W, R) in two bits per letter, and whether it has no N and no padding."""
    token_LR = np.ascontiguousarray(rna_RL.T)
    kmer_WR = np.empty((len(token_LR) - k + 1, len(rna_RL)), dtype=np.uint64)
    clean_WR = np.empty(kmer_WR.shape, dtype=bool)
    kmer_R = np.zeros(len(rna_RL), dtype=np.uint64)
    run_R = np.zeros(len(rna_RL), dtype=np.int32)
    mask = np.uint64(4**k - 1)
    for place, token_R in enumerate(token_LR):
        kmer_R = ((kmer_R << 2) | (token_R & 3)) & mask
        run_R = (run_R + 1) * (token_R < _BASES)
        if place >= k - 1:
            kmer_WR[place - k + 1] = kmer_R
            clean_WR[place - k + 1] = run_R >= k
    return kmer_WR, clean_WR
