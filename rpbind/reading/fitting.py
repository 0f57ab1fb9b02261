"""Cuts windows to one length: their centre, their beginning, or tiles that cover them.

Shapes: N windows of any lengths, M windows after cutting, L letters of the longest window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import PAD, lengths
from rpbind.errors import check_one_of

Fit = Literal["centre", "left", "tile"]
FITS: tuple[Fit, ...] = get_args(Fit)
"""What is kept of a window that is too long: its centre, its beginning, or all of it in pieces."""


def check_fit(fit: str | None) -> Fit | None:
    """Return what is kept of windows that are too long; raise `UserError` at another word."""
    if fit is not None:
        check_one_of("--fit", fit, FITS)
    return cast("Fit | None", fit)


@dataclass(frozen=True, eq=False)
class Fitted:
    """Windows after cutting.

    Parameters
    ----------
    rna_ML
        (M, L) tokens.
    window_M
        (M,) the window that each was cut from.
    start_M
        (M,) where it begins in that window, from 0.
    too_long
        Number of windows that were longer, and were cut or tiled.
    """

    rna_ML: NDArray[np.uint8]
    window_M: NDArray[np.int64]
    start_M: NDArray[np.int64]
    too_long: int

    @property
    def overlapping(self) -> int:
        """Number of windows whose last tile overlaps the one before."""
        is_next_M = self.window_M[1:] == self.window_M[:-1]
        end_M = self.start_M + lengths(self.rna_ML)
        return int(np.count_nonzero(is_next_M & (self.start_M[1:] < end_M[:-1])))


def fitted(rna_NL: NDArray[np.uint8], width: int, fit: Fit | None) -> Fitted:
    """Cut windows that are longer than `width`; shorter ones stay as they are.

    Tiles lie one after another from the left. The last one ends where the window ends, so it
    overlaps the one before if the length is no multiple of `width`.

    Parameters
    ----------
    rna_NL
        (N, L) tokens, padded.
    width
        The greatest length, in nucleotides.
    fit
        What is kept of a longer window; None to leave all windows as they are.

    Returns
    -------
    Fitted
        The windows, in the given order.
    """
    if fit is None:
        return Fitted(rna_NL, np.arange(len(rna_NL)), np.zeros(len(rna_NL), np.int64), 0)
    length_N = lengths(rna_NL)
    spare_N = np.maximum(length_N - width, 0)
    if fit == "tile":
        tiles_N = np.maximum(-(-length_N // width), 1)
        window_M = np.repeat(np.arange(len(rna_NL)), tiles_N)
        tile_M = np.arange(len(window_M)) - np.repeat(np.cumsum(tiles_N) - tiles_N, tiles_N)
        start_M = np.minimum(tile_M * width, spare_N[window_M])
    else:
        window_M = np.arange(len(rna_NL))
        start_M = spare_N // 2 if fit == "centre" else np.zeros_like(spare_N)
    wide_NL = np.pad(rna_NL, ((0, 0), (0, width)), constant_values=PAD)
    place_MW = start_M[:, None] + np.arange(min(width, rna_NL.shape[1]))
    rna_MW = wide_NL[window_M[:, None], place_MW]
    return Fitted(rna_MW, window_M, start_M, int(np.count_nonzero(spare_N)))
