"""Windows of long proteins, and batches of windows of similar length.

Language models were trained on windows of about a thousand residues, so a protein of more than
1,022 is encoded in windows of 1,022 that overlap by at least 510. Each residue takes its vector
from the window in which it is farthest from a cut (an end of the protein is not a cut).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW, OVERLAP = 1022, 510
Bounds = tuple[int, int]
"""(start, stop) of a window in its protein."""


def window_bounds(length: int, size: int = WINDOW, overlap: int = OVERLAP) -> list[Bounds]:
    """Return the windows of a protein, evenly spaced.

    Parameters
    ----------
    length
        Its number of residues.
    size
        Most residues of a window.
    overlap
        Fewest residues that two neighbours share.

    Returns
    -------
    list of (int, int)
        (start, stop) of each window, in order.
    """
    count = 1 if length <= size else -(-(length - overlap) // (size - overlap))
    starts = np.linspace(0, max(length - size, 0), count).round().astype(int).tolist()
    return [(start, min(start + size, length)) for start in starts]


def stitch(
    length: int,
    forward: Callable[[int, int], NDArray[np.float32]],
    size: int = WINDOW,
    overlap: int = OVERLAP,
) -> NDArray[np.float32]:
    """Combine the vectors of windows; neighbours are cut in the middle of their overlap.

    Parameters
    ----------
    length
        Number of residues of the protein.
    forward
        Returns the (stop - start, width) vectors of the window (start, stop).
    size, overlap
        See `window_bounds`.

    Returns
    -------
    (length, width) float32.
    """
    bounds = window_bounds(length, size, overlap)
    inner = [(start + stop) // 2 for (start, _), (_, stop) in zip(bounds[1:], bounds, strict=False)]
    cuts = [0, *inner, length]
    pieces = [
        forward(start, stop)[cuts[k] - start : cuts[k + 1] - start]
        for k, (start, stop) in enumerate(bounds)
    ]
    return np.concatenate(pieces)


def plan_batches(lengths: Sequence[int], most: int | None) -> list[list[int]]:
    """Group items of similar length, so that little of a batch is padding.

    The longest come first: if a batch does not fit into memory, the first one shows it.

    Parameters
    ----------
    lengths
        Length of each item.
    most
        Most residues of a batch, padding included; None for one item per batch. An item that is
        longer is a batch of its own.

    Returns
    -------
    list of list of int
        The indices of each batch.
    """
    batches: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lambda at: -lengths[at]):
        last = batches[-1] if batches else []
        if last and most is not None and (len(last) + 1) * lengths[last[0]] <= most:
            last.append(at)
        else:
            batches.append([at])
    return batches
