"""Divides groups of windows into parts of given sizes, in a random order that never changes.

Shapes: N windows, G groups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def assign_groups(
    group_N: NDArray[np.int32], shares: Sequence[int], seed: int, what: str
) -> NDArray[np.uint8]:
    """Assign each group, in shuffled order, to the part that still lacks the most windows.

    Chromosomes are few: they go to the part that lacks the largest share of its windows, so that
    three are enough for three parts.

    Parameters
    ----------
    group_N
        (N,) group of each window.
    shares
        The relative size of each part.
    seed
        Random seed.
    what
        What the groups are: rna, protein or chromosome; each has an order of its own.

    Returns
    -------
    NDArray[np.uint8]
        (N,) part of each window, from 0.
    """
    _, index_N, size_G = np.unique(group_N, return_inverse=True, return_counts=True)
    missing = [len(group_N) * share / sum(shares) for share in shares]
    unit = shares if what == "chromosome" else (1,) * len(shares)
    part_G = np.empty(len(size_G), dtype=np.uint8)
    for group in shuffled(len(size_G), seed, what):
        part = max(range(len(shares)), key=lambda one: missing[one] / unit[one])
        part_G[group] = part
        missing[part] -= int(size_G[group])
    return part_G[index_N]


def shuffled(n: int, seed: int, what: str) -> NDArray[np.int64]:
    """Return 0..n-1 in a random order that depends only on `what` and `seed`."""
    # numpy keeps the raw stream of a bit generator in all versions, but not `permutation`
    salt = int.from_bytes(hashlib.sha256(f"{what} {seed}".encode()).digest()[:8], "little")
    return np.argsort(np.random.PCG64(salt).random_raw(n), kind="stable")
