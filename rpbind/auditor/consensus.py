"""The sequence that the windows of an overlap cluster have in common.

Shapes: M windows of one cluster, L letters per window, K k-mers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import LETTERS
from rpbind.kmers.pieces import kmers_of_pass

SAMPLE = 2_000
"""Windows of a cluster that are read; evenly spaced if it has more."""
SIZE = 15
"""Letters of the k-mers from which the consensus is put together."""
LONGEST = 1_000
SHARE = 0.5
"""The consensus ends where fewer windows agree than this share of those that have its seed."""
FEWEST_TRIPLETS = 8
"""A seed with fewer different 3-mers is a repeat such as AAAA, which names no sequence."""

_WINDOW_BITS = np.uint64(20)


def consensus(rna_ML: NDArray[np.uint8]) -> str:
    """Return the most frequent stretch of a cluster's windows.

    It begins as the k-mer that the most windows have, and grows at both ends by the letter that the
    most windows support, as long as half as many agree as at its beginning. Windows that tile a
    peak, and copies of a repeat in other surroundings, both have one.

    Parameters
    ----------
    rna_ML
        (M, L) tokens of the cluster's windows.

    Returns
    -------
    str
        The sequence; empty if the windows have too few known letters.
    """
    rna_ML = rna_ML[:: -(-len(rna_ML) // SAMPLE)]
    k = min(SIZE, rna_ML.shape[1])
    kmer_K, window_K = kmers_of_pass(rna_ML, k, 0, 1)
    if not len(kmer_K):
        return ""
    once = np.unique((kmer_K << _WINDOW_BITS) | window_K.astype(np.uint64)) >> _WINDOW_BITS
    kmers, counts = np.unique(once, return_counts=True)
    seed = _seed(kmers, counts, k)
    least = SHARE * counts[kmers == seed][0]
    kept = counts >= least
    support = dict(zip(kmers[kept].tolist(), counts[kept].tolist(), strict=True))
    mask, top = 4**k - 1, 2 * (k - 1)
    after = _grown(seed, support, lambda kmer, letter: ((kmer << 2) | letter) & mask)
    before = _grown(seed, support, lambda kmer, letter: (kmer >> 2) | (letter << top))
    letters = [(seed >> (2 * place)) & 3 for place in reversed(range(k))]
    return "".join(LETTERS[letter] for letter in [*reversed(before), *letters, *after])


def _seed(kmers: NDArray[np.uint64], counts: NDArray[np.int64], k: int) -> int:
    """Return the most frequent k-mer; a repeat only if there is nothing else."""
    for place in np.argsort(-counts, kind="stable").tolist():
        kmer = int(kmers[place])
        if len({(kmer >> (2 * i)) & 63 for i in range(k - 2)}) >= min(FEWEST_TRIPLETS, k - 2):
            return kmer
    return int(kmers[np.argmax(counts)])


def _grown(seed: int, support: dict[int, int], step: Callable[[int, int], int]) -> list[int]:
    """Return the letters that follow a k-mer; `step` puts a letter to it."""
    letters: list[int] = []
    kmer, seen = seed, {seed}
    while len(letters) < LONGEST:
        following = {letter: step(kmer, letter) for letter in range(4)}
        known = {letter: support[one] for letter, one in following.items() if one in support}
        if not known:
            break
        letter = max(known, key=lambda one: known[one])
        kmer = following[letter]
        if kmer in seen:  # a tandem repeat has no end
            break
        seen.add(kmer)
        letters.append(letter)
    return letters
