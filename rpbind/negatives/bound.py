"""The bound windows that negatives are made for, and the negatives that were drawn.

Shapes: B bound windows, M negatives, L letters per window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.genome.spans import Spans


@dataclass(frozen=True, eq=False)
class Bound:
    """Bound windows.

    Parameters
    ----------
    rna_BL
        (B, L) tokens.
    protein_B
        (B,) index of the protein.
    cluster_B
        (B,) overlap cluster.
    spans
        Where they are; None if that is not known.
    region_B
        (B,) region type; None if it is not known.
    """

    rna_BL: NDArray[np.uint8]
    protein_B: NDArray[np.int32]
    cluster_B: NDArray[np.int32]
    spans: Spans | None = None
    region_B: NDArray[np.int8] | None = None


@dataclass(frozen=True, eq=False)
class Drawn:
    """Negatives.

    Parameters
    ----------
    source_M
        (M,) the bound window that each was made for; its protein is the negative's.
    origin_M
        (M,) the bound window whose place, or letters, or file line it has.
    kept_B
        (B,) whether a bound window stays in the dataset.
    rna_ML
        (M, L) tokens.
    spans
        Where they are; None if that is not known.
    """

    source_M: NDArray[np.int64]
    origin_M: NDArray[np.int64]
    kept_B: NDArray[np.bool_]
    rna_ML: NDArray[np.uint8]
    spans: Spans | None


def rows_of_groups(
    group_B: NDArray[np.int32], wanted_J: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the rows of groups.

    Parameters
    ----------
    group_B
        (B,) group of each row, from 0 to below `size`.
    wanted_J
        (J,) groups, in any order and also several times.
    size
        Number of groups.

    Returns
    -------
    tuple[NDArray[np.int64], NDArray[np.int64]]
        (T,) the index into `wanted_J` and (T,) the row, one group after another.
    """
    order_B = np.argsort(group_B, kind="stable")
    count_G = np.bincount(group_B, minlength=size)
    start_G = np.cumsum(count_G) - count_G
    count_J = count_G[wanted_J]
    job_T = np.repeat(np.arange(len(wanted_J)), count_J)
    within_T = np.arange(len(job_T)) - np.repeat(np.cumsum(count_J) - count_J, count_J)
    return job_T, order_B[start_G[wanted_J][job_T] + within_T]
