"""Density of a dataset's windows: what counting neighbours gives away. Shapes: N windows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.statistics.density import FLAGGED as FLAGGED
from rpbind.statistics.density import mean_auroc, own_rows_in_cluster


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
    own_N = own_rows_in_cluster(cluster_N, protein_N).astype(np.float64)
    found = mean_auroc(label_N, own_N, protein_N)
    return float("nan") if found is None else found
