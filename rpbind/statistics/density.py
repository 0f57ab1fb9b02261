"""Density: how many rows of a window's own protein its overlap cluster holds in a part of a split.

Bound windows tile a peak and unbound ones do not, so this number ranks windows without a letter and
without a label. Shapes: N windows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.statistics.ranking import rank_by_group

FLAGGED = 0.05
"""A mean AUROC of density, or of another prior, further than this from 0.5 is reported."""


def own_rows_in_cluster(
    cluster_N: NDArray[np.integer],
    protein_N: NDArray[np.integer],
    part_N: NDArray[np.integer] | None = None,
) -> NDArray[np.int64]:
    """Count the rows that share each window's cluster, protein and part; the window is one of them.

    Parameters
    ----------
    cluster_N, protein_N
        (N,) the window's overlap cluster and protein, from 0.
    part_N
        (N,) the window's part of a split, from 0; without it, all windows are one part.

    Returns
    -------
    NDArray[np.int64]
        (N,) counts, 1 or more. Their inverse is a window's weight in a cluster-weighted AUROC.
    """
    key_N = protein_N.astype(np.int64) * (int(cluster_N.max(initial=0)) + 1) + cluster_N
    if part_N is not None:
        key_N = key_N * (int(part_N.max(initial=0)) + 1) + part_N
    _, index_N, rows = np.unique(key_N, return_inverse=True, return_counts=True)
    return rows.astype(np.int64)[index_N]


def mean_auroc(
    label_N: NDArray[np.uint8], score_N: NDArray[np.floating], protein_N: NDArray[np.integer]
) -> float | None:
    """Return the plain mean over proteins of the AUROC of a score.

    Parameters
    ----------
    label_N, score_N, protein_N
        (N,) label, finite score and protein of each window.

    Returns
    -------
    float or None
        0.5 if the score has no information; None if no protein has both classes.
    """
    if not len(label_N):
        return None
    ranked = rank_by_group(label_N, score_N, protein_N.astype(np.int64)).values()
    found = [each.auroc for each in ranked if each.auroc is not None]
    return float(np.mean(found)) if found else None
