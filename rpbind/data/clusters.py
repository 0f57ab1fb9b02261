"""Overlap clusters: windows that share an exact k-mer, directly or through other windows.

A split that keeps clusters whole keeps the neighbours of a test window out of training. Shapes: N
windows, D distinct windows, L letters per window, K k-mers of one pass, R windows of one block, W
k-mers per window.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import N_TOKEN, PAD, lengths
from rpbind.data.distinct import first_equal
from rpbind.errors import UserError

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`."""

_KMERS_PER_PASS = 8_000_000
_ROWS = 8_192
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads k-mers over the passes


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
    window that contains it. The result is exact and needs about 40 bytes of memory per k-mer of a
    pass.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.
    k
        Letters per k-mer, 1 to 32 and at most the length of the longest window.
    progress
        Called after each pass.

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
    first_D, distinct_N = np.unique(first_equal(rna_NL), return_inverse=True)
    rna_DL = rna_NL[first_D]
    component_D = np.arange(len(first_D), dtype=np.int32)
    passes = passes_of(rna_DL, k)
    for number in range(passes):
        component_D = _link(component_D, *kmers_of_pass(rna_DL, k, number, passes))
        progress(number + 1, passes)
    component_D = _link_contained(component_D, rna_DL, k)
    return by_first_appearance(component_D[distinct_N])


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
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups, others = int(group_N.max()) + 1, int(other_N.max()) + 1
    ends = (group_N, other_N.astype(np.int64) + groups)
    size = groups + others
    graph = coo_array((np.ones(len(group_N), dtype=bool), ends), shape=(size, size))
    return by_first_appearance(connected_components(graph, directed=False)[1][group_N])


def _link(
    component_D: NDArray[np.int32], kmer_K: NDArray[np.uint64], window_K: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Merge the components of windows that share a k-mer."""
    from scipy.sparse import coo_array  # slow to import; --help reads this module too
    from scipy.sparse.csgraph import connected_components

    order_K = np.argsort(kmer_K)
    sorted_K = kmer_K[order_K]
    owner_K = component_D[window_K[order_K]]
    links = (sorted_K[1:] == sorted_K[:-1]) & (owner_K[1:] != owner_K[:-1])
    one, other = owner_K[1:][links], owner_K[:-1][links]
    size = len(component_D)
    graph = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(size, size))
    merged: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return merged[component_D]


def _link_contained(
    component_D: NDArray[np.int32], rna_DL: NDArray[np.uint8], k: int
) -> NDArray[np.int32]:
    """Merge the component of each window shorter than k with those of windows that contain it."""
    if (rna_DL[:, k - 1] != PAD).all():
        return component_D
    length_D = lengths(rna_DL)
    for size in np.unique(length_D[length_D < k]).tolist():
        whole_D = np.unique(kmers_of_pass(rna_DL[length_D == size, :size], size, 0, 1)[0])
        kmers, windows = [], []
        for start in range(0, len(rna_DL), _ROWS):
            kmer_WR, clean_WR = _roll(rna_DL[start : start + _ROWS], size)
            place, row = np.nonzero(clean_WR & np.isin(kmer_WR, whole_D))
            kmers.append(kmer_WR[place, row])
            windows.append(row.astype(np.int32) + start)
        component_D = _link(component_D, np.concatenate(kmers), np.concatenate(windows))
    return component_D


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
    for start in range(0, len(rna_DL), _ROWS):
        kmer_WR, clean_WR = _roll(rna_DL[start : start + _ROWS], k)
        mine_WR = clean_WR & (((kmer_WR * _ODD) >> 32) % passes == number)
        kmers.append(kmer_WR[mine_WR])
        windows.append(np.nonzero(mine_WR)[1].astype(np.int32) + start)
    return np.concatenate(kmers), np.concatenate(windows)


def _roll(rna_RL: NDArray[np.uint8], k: int) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return every k-mer in two bits per letter, and whether it has no N and no padding."""
    token_LR = np.ascontiguousarray(rna_RL.T)
    kmer_WR = np.empty((len(token_LR) - k + 1, len(rna_RL)), dtype=np.uint64)
    clean_WR = np.empty(kmer_WR.shape, dtype=bool)
    kmer_R = np.zeros(len(rna_RL), dtype=np.uint64)
    run_R = np.zeros(len(rna_RL), dtype=np.int32)
    mask = np.uint64(4**k - 1)
    for place, token_R in enumerate(token_LR):
        kmer_R = ((kmer_R << 2) | (token_R & 3)) & mask
        run_R = (run_R + 1) * (token_R < N_TOKEN)
        if place >= k - 1:
            kmer_WR[place - k + 1] = kmer_R
            clean_WR[place - k + 1] = run_R >= k
    return kmer_WR, clean_WR
