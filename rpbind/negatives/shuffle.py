"""Shuffles the letters of windows and keeps every dinucleotide (an Euler path through them).

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import PAD
from rpbind.files.spill import writable
from rpbind.negatives.sample import Draws


def shuffled_windows(
    rna_NL: NDArray[np.uint8], draws: Draws
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Shuffle each window; every order with the same dinucleotides is equally likely.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.
    draws
        Random numbers.

    Returns
    -------
    tuple[NDArray[np.uint8], NDArray[np.bool_]]
        (N, L) tokens; and (N,) whether the letters changed: some windows have one order only.
    """
    out_NL: NDArray[np.uint8] = writable(rna_NL.shape, np.uint8)
    is_new_N = np.empty(len(rna_NL), dtype=bool)
    for row, rna_L in enumerate(rna_NL):
        letters = int(np.count_nonzero(rna_L != PAD))
        out_NL[row] = PAD
        out_NL[row, :letters] = _shuffled(rna_L[:letters].tolist(), draws)
        is_new_N[row] = (out_NL[row] != rna_L).any()
    return out_NL, is_new_N


def _shuffled(letters: list[int], draws: Draws) -> list[int]:
    """Draw an Euler path (Altschul and Erickson 1985): last exits that form a tree, then order."""
    if len(letters) < 4:
        return letters
    exits: dict[int, list[int]] = {}
    for one, other in pairwise(letters):
        exits.setdefault(one, []).append(other)
    end = letters[-1]
    keys = iter(draws.uniform(2 * len(letters)).tolist())
    last = _last_exits(exits, end, draws)
    for one, others in exits.items():
        if one in last:
            others.remove(last[one])
        order = sorted((next(keys), place) for place in range(len(others)))
        exits[one] = [others[place] for _, place in order] + ([last[one]] if one in last else [])
    path, taken = [letters[0]], dict.fromkeys(exits, 0)
    for _ in range(len(letters) - 1):
        here = path[-1]
        path.append(exits[here][taken[here]])
        taken[here] += 1
    return path


def _last_exits(exits: dict[int, list[int]], end: int, draws: Draws) -> dict[int, int]:
    """Draw the last exit of every letter but the end, so that all lead to the end.

    Wilson's algorithm: loop-erased random walks give every such tree its right probability.
    """
    last: dict[int, int] = {}
    for letter in exits:
        here = letter
        walk: dict[int, int] = {}
        while here != end and here not in last:
            others = exits[here]
            walk[here] = others[int(draws.uniform(1)[0] * len(others))]
            here = walk[here]
        here = letter
        while here != end and here not in last:
            last[here] = walk[here]
            here = walk[here]
    return last
