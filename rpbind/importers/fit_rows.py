"""Cuts the windows of a source to one length. Shapes: N windows, M windows after cutting."""

from __future__ import annotations

from dataclasses import replace

from rpbind.data.clusters import joined
from rpbind.importers.sources import Rows
from rpbind.reading.fitting import Fit, fitted


def fit_rows(rows: Rows, width: int | None, fit: Fit | None) -> tuple[Rows, dict[str, int]]:
    """Return rows whose windows have at most `width` letters, and counts.

    Tiles of one window have its label, its protein and one overlap cluster.

    Parameters
    ----------
    rows
        The rows of a source.
    width
        The greatest length; None to leave all as they are.
    fit
        What is kept of longer windows.

    Returns
    -------
    tuple[Rows, dict[str, int]]
        The rows, and how many windows were cut or tiled, if any were.
    """
    if width is None or fit is None:
        return rows, {}
    cut = fitted(rows.rna_NL, width, fit)
    if not cut.too_long:
        return rows, {}
    taken = replace(rows.take(cut.window_M), rna_NL=cut.rna_ML)
    if fit != "tile":
        return taken, {f"windows_cut_{fit}": cut.too_long}
    of_window_M = cut.window_M.astype("int32")
    linked_M = of_window_M if taken.linked_N is None else joined(taken.linked_N, of_window_M)
    counts = {"windows_tiled": cut.too_long, "tiles_more": len(cut.window_M) - len(rows.rna_NL)}
    return replace(taken, linked_N=linked_M), counts
