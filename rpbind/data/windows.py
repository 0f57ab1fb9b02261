"""The windows of a dataset before they are written, and where each comes from.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rpbind.data.coordinates import Coordinates


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of a dataset in memory.

    Parameters
    ----------
    rna_NL
        (N, L) tokens of `rpbind.data.alphabet`; shorter windows end with `PAD`.
    label_N
        (N,), 1 bound, 0 not bound.
    protein_N
        (N,) index of the protein.
    cluster_N
        (N,) overlap cluster.
    coordinates
        Where the windows lie in a genome, if that is known.
    """

    rna_NL: NDArray[np.uint8]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    cluster_N: NDArray[np.int32]
    coordinates: Coordinates | None = None


@dataclass(frozen=True, eq=False)
class Origin:
    """Where each window comes from.

    Parameters
    ----------
    files
        Names of the source files.
    file_N
        (N,) index into `files`.
    row_N
        (N,) line in the file, or row of a Parquet file, from 1.
    """

    files: Sequence[str]
    file_N: NDArray[np.int32]
    row_N: NDArray[np.int32]

    def named(self, name: str) -> Origin:
        """Return the origin of the rows of one file, under another name."""
        return replace(self, files=[name])

    def place(self, window: int) -> str:
        """Return where a window comes from, for messages.

        Parameters
        ----------
        window
            Its index.

        Returns
        -------
        str
            "FILE, line n"; "FILE, row n" for Parquet and Excel, which have no lines.
        """
        file = self.files[self.file_N[window]]
        unit = "row" if file.endswith((".parquet", ".xlsx")) else "line"
        return f"{file}, {unit} {self.row_N[window]}"
