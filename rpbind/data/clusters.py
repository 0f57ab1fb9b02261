"""Overlap clusters: windows that share an exact k-mer, directly or through other windows.

A split that keeps clusters whole keeps the neighbours of a test window out of training. Shapes: N
windows, D distinct windows, L letters per window, K k-mers of one bucket, W k-mers per window.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import PAD, lengths
from rpbind.data.distinct import first_equal
from rpbind.errors import UserError
from rpbind.files.spill import blocks, scratch
from rpbind.kmers.forest import Forest
from rpbind.kmers.pieces import ROWS, kmers_by_bucket, kmers_of_pass, roll, rounds_of

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`."""


def silent(done: int, total: int) -> None:
    """Report no progress.

    Parameters
    ----------
    done
        Ignored.
    total
        Ignored.
    """


def overlap_clusters(
    rna_NL: NDArray[np.uint8], k: int = 31, progress: Progress = silent
) -> NDArray[np.int32]:
    """Compute the overlap cluster of each window.

    A cluster is a connected component of windows that share an exact k-mer without N, on the same
    strand; equal windows are always in one cluster. A window shorter than k is linked with every
    window that contains it. The result is exact. It needs memory for the k-mers of a bucket and for
    about 20 bytes per window, and disk for the k-mers of a round, up to 7 GB: in the scratch folder
    that is open, or in the system's.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.
    k
        Letters per k-mer, 1 to 32 and at most the length of the longest window.
    progress
        Called after each round over all windows.

    Returns
    -------
    NDArray[np.int32]
        (N,) cluster numbers, from 0 in the order of first appearance.

    Raises
    ------
    UserError
        If `k` is out of range.
    """
    most = min(32, rna_NL.shape[1])
    if not 1 <= k <= most:
        raise UserError(
            f"Windows of {rna_NL.shape[1]} nt share k-mers of 1 to {most} letters; got {k}"
            f"{' (the default)' if k == 31 else ''}. Give --k {min(most, 31)} or less; a shorter "
            "k-mer makes larger clusters."
        )
    first_N = first_equal(rna_NL)
    forest = Forest(first_N.astype(np.int32))
    distinct_D = np.flatnonzero(first_N == np.arange(len(first_N))).astype(np.int32)
    del first_N
    rounds = rounds_of(len(distinct_D) * (rna_NL.shape[1] - k + 1))
    with tempfile.TemporaryDirectory(prefix="rpbind-", dir=scratch()) as folder:
        for number in range(rounds):
            for kmer_K, window_K in kmers_by_bucket(
                rna_NL, distinct_D, k, (number, rounds), Path(folder)
            ):
                forest.link(kmer_K, window_K)
            progress(number + 1, rounds)
    _link_contained(forest, rna_NL, distinct_D, k)
    return forest.clusters()


def by_first_appearance(group_N: NDArray[np.integer]) -> NDArray[np.int32]:
    """Number the groups of a partition 0, 1, ... in the order of first appearance."""
    _, first_G, index_N = np.unique(group_N, return_index=True, return_inverse=True)
    rank_G = np.empty(len(first_G), dtype=np.int32)
    rank_G[np.argsort(first_G)] = np.arange(len(first_G), dtype=np.int32)
    return rank_G[index_N]


def joined(group_N: NDArray[np.int32], other_N: NDArray[np.int32]) -> NDArray[np.int32]:
    """Join two partitions: windows that one of them keeps together are in one cluster.

    Parameters
    ----------
    group_N, other_N
        (N,) group numbers, from 0.

    Returns
    -------
    NDArray[np.int32]
        (N,) cluster numbers, from 0 in the order of first appearance.
    """
    first_G = np.empty(int(group_N.max()) + 1, dtype=np.int32)
    first_G[group_N[::-1]] = np.arange(len(group_N), dtype=np.int32)[::-1]  # the last one is kept
    forest = Forest(first_G[group_N])
    first_H = np.empty(int(other_N.max()) + 1, dtype=np.int32)
    first_H[other_N[::-1]] = np.arange(len(other_N), dtype=np.int32)[::-1]
    for part in blocks(len(other_N)):
        forest.join(np.arange(part.start, part.stop, dtype=np.int32), first_H[other_N[part]])
    return forest.clusters()


def _link_contained(
    forest: Forest, rna_NL: NDArray[np.uint8], distinct_D: NDArray[np.int32], k: int
) -> None:
    """Merge the component of each window shorter than k with those of windows that contain it."""
    short = [
        distinct_D[part][rna_NL[distinct_D[part], k - 1] == PAD] for part in blocks(len(distinct_D))
    ]
    short_S = np.concatenate(short)
    length_S = lengths(rna_NL[short_S])
    for size in np.unique(length_S).tolist():
        mine = short_S[length_S == size]
        kmer_K, row_K = kmers_of_pass(rna_NL[mine, :size], size, 0, 1)  # at most one of each window
        whole_K = np.sort(kmer_K)
        owner_K = mine[row_K[np.argsort(kmer_K)]]
        for part in blocks(len(distinct_D), ROWS):
            kmer_WR, clean_WR = roll(rna_NL[distinct_D[part]], size)
            place, row = np.nonzero(clean_WR & np.isin(kmer_WR, whole_K))
            owner = owner_K[np.searchsorted(whole_K, kmer_WR[place, row])]
            forest.join(distinct_D[part][row], owner)
