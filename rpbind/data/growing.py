"""Windows of a source, block by block. Shapes: N windows, L letters of the longest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import PAD
from rpbind.files.spill import Growing, blocks


class GrowingWindows:
    """Tokens of windows that are read block by block; the blocks may differ in length.

    They are in a file if a scratch folder is open, else in memory.
    """

    def __init__(self) -> None:
        self._of_length: dict[int, Growing] = {}
        self._blocks: list[tuple[int, int]] = []  # length and rows of each

    def add(self, rna_nl: NDArray[np.uint8]) -> None:
        """Add windows (n, l)."""
        rows, length = rna_nl.shape
        self._of_length.setdefault(length, Growing()).add(rna_nl)
        self._blocks.append((length, rows))

    def array(self) -> NDArray[np.uint8]:
        """Return all windows (N, L) in the order in which they were added, padded to the longest.

        At least one block was added.
        """
        arrays = {length: grown.array() for length, grown in self._of_length.items()}
        if len(arrays) == 1:
            return next(iter(arrays.values()))
        longest, begin, padded = max(arrays), dict.fromkeys(arrays, 0), Growing()
        for length, rows in self._blocks:
            for part in blocks(rows):
                here = slice(begin[length] + part.start, begin[length] + part.stop)
                rna_RL = np.full((here.stop - here.start, longest), PAD, dtype=np.uint8)
                rna_RL[:, :length] = arrays[length][here]
                padded.add(rna_RL)
            begin[length] += rows
        return padded.array()
