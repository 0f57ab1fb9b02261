"""Density, the number of a protein's windows in a cluster: what counting neighbours gives away.

Shapes: N windows, P proteins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLAGGED = 0.05
"""A mean AUROC further than this from 0.5 is reported."""


def density_auroc(
    label_N: NDArray[np.uint8], protein_N: NDArray[np.int32], cluster_N: NDArray[np.int32]
) -> float:
    """Return the mean AUROC over proteins of density, which reads no letter and no label.

    Parameters
    ----------
    label_N, protein_N, cluster_N
        (N,) the windows of a dataset.

    Returns
    -------
    float
        0.5 if density has no information; NaN if no protein has both classes.
    """
    pair_N = protein_N.astype(np.int64) * (int(cluster_N.max()) + 1) + cluster_N
    _, index_N, size = np.unique(pair_N, return_inverse=True, return_counts=True)
    own_N = size[index_N]
    found = [
        _auroc(own_N[protein_N == protein], label_N[protein_N == protein])
        for protein in np.unique(protein_N).tolist()
    ]
    defined = [value for value in found if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _auroc(score_N: NDArray[np.int64], label_N: NDArray[np.uint8]) -> float:
    """Return the AUROC by counting pairs per score; NaN if a class is missing."""
    bound, unbound = (np.bincount(score_N[label_N == label]) for label in (1, 0))
    length = max(len(bound), len(unbound))
    bound, unbound = (np.pad(part, (0, length - len(part))) for part in (bound, unbound))
    pairs = int(bound.sum()) * int(unbound.sum())
    if not pairs:
        return float("nan")
    below = np.cumsum(unbound) - unbound
    return float((bound * (below + unbound / 2)).sum() / pairs)
