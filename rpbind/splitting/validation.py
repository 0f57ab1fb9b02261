"""Makes a validation part from the training part of a split that has none.

Shapes: N windows, M training windows, G clusters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.dataset import Dataset
from rpbind.data.splits import PARTS, shuffled

VALIDATION_SHARE = 0.15
"""Share of the training windows that become the validation part of a split without one. Models
need one to choose their best epoch, and many published splits have only training and test."""


def with_validation(dataset: Dataset, part_N: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
    """Return the parts with a validation part, made from whole clusters if there is none.

    Parameters
    ----------
    dataset
        The dataset.
    part_N
        (N,) parts.

    Returns
    -------
    tuple[NDArray[np.uint8], str]
        (N,) parts, and a note if the validation part had to be made.
    """
    train, validation = PARTS.index("train"), PARTS.index("validation")
    if (part_N == validation).any() or not (part_N == train).any():
        return part_N, ""
    rows = np.flatnonzero(part_N == train)
    cluster_M = dataset.cluster_N[rows]
    clusters, index_M, size_G = np.unique(cluster_M, return_inverse=True, return_counts=True)
    wanted, chosen_G = VALIDATION_SHARE * len(rows), np.zeros(len(clusters), dtype=bool)
    for group in shuffled(len(clusters), 0, "validation"):
        if size_G[group] <= wanted:
            chosen_G[group] = True
            wanted -= size_G[group]
    whole_N = part_N.copy()
    whole_N[rows[chosen_G[index_M]]] = validation
    share = 100 * chosen_G[index_M].mean()
    return whole_N, (
        f"The split as given has no validation part: {share:.1f} % of its training windows, in "
        "whole overlap clusters, became it."
    )
