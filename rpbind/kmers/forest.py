"""Joins windows into components.

Shapes: N windows, M some of them, K k-mers, R roots, C components.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.files.spill import blocks


class Forest:
    """Components of windows, as trees whose root is the first window of the component.

    Parameters
    ----------
    parent_N
        (N,) the first window of the component of each; it is changed.
    """

    def __init__(self, parent_N: NDArray[np.int32]) -> None:
        self.parent_N = parent_N

    def roots(self, window_M: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return the roots of windows (M,), and shorten the paths to them."""
        root_M = self.parent_N[window_M]
        while True:
            above_M = self.parent_N[root_M]
            if np.array_equal(above_M, root_M):
                self.parent_N[window_M] = root_M
                return root_M
            root_M = above_M

    def join(self, one_M: NDArray[np.integer], other_M: NDArray[np.integer]) -> None:
        """Merge the components of pairs of windows (M,)."""
        from scipy.sparse import coo_array  # slow to import; --help reads this module too
        from scipy.sparse.csgraph import connected_components

        one_M, other_M = self.roots(one_M), self.roots(other_M)
        apart_M = one_M != other_M
        ends = np.stack([one_M[apart_M], other_M[apart_M]])
        if not ends.size:
            return
        root_R, end_2M = np.unique(ends, return_inverse=True)
        one_L, other_L = end_2M.reshape(ends.shape)
        graph = coo_array(
            (np.ones(len(one_L), dtype=bool), (one_L, other_L)), shape=(len(root_R), len(root_R))
        )
        component_R = connected_components(graph, directed=False)[1]
        first_C = np.unique(component_R, return_index=True)[1]  # roots are sorted: the first window
        self.parent_N[root_R] = root_R[first_C][component_R]

    def link(self, kmer_K: NDArray[np.uint64], window_K: NDArray[np.int32]) -> None:
        """Merge the components of windows that share a k-mer."""
        order_K = np.argsort(kmer_K)
        sorted_K = kmer_K[order_K]
        same_K = np.flatnonzero(sorted_K[1:] == sorted_K[:-1])
        self.join(window_K[order_K[same_K + 1]], window_K[order_K[same_K]])

    def clusters(self) -> NDArray[np.int32]:
        """Return (N,) cluster numbers, from 0 in the order of first appearance."""
        is_root_N = np.empty(len(self.parent_N), dtype=bool)
        for part in blocks(len(self.parent_N)):
            rows_R = np.arange(part.start, part.stop, dtype=np.int32)
            is_root_N[part] = self.roots(rows_R) == rows_R
        number_N = np.cumsum(is_root_N, dtype=np.int32) - np.int32(1)
        return number_N[self.parent_N]
