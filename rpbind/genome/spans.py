"""Intervals on the strands of a genome: overlaps, and clusters of what overlaps.

The only module that knows pyranges. Shapes: N intervals, M intervals of a second set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpbind.data.clusters import by_first_appearance

if TYPE_CHECKING:
    from pyranges import PyRanges


@dataclass(frozen=True, eq=False)
class Spans:
    """Intervals, 0-based and half-open.

    Parameters
    ----------
    chromosome_N
        (N,) int32, index of the chromosome.
    start_N, end_N
        (N,) int64.
    strand_N
        (N,) int8: 0 for +, 1 for -.
    """

    chromosome_N: NDArray[np.int32]
    start_N: NDArray[np.int64]
    end_N: NDArray[np.int64]
    strand_N: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.start_N)

    def take(self, rows_M: NDArray[Any]) -> Spans:
        """Return only these intervals."""
        return Spans(
            self.chromosome_N[rows_M],
            self.start_N[rows_M],
            self.end_N[rows_M],
            self.strand_N[rows_M],
        )

    def wider(self, by: int) -> Spans:
        """Return the intervals, longer by so many nt at both ends."""
        start_N = np.maximum(self.start_N - by, 0)  # pyranges misreads negative positions
        return Spans(self.chromosome_N, start_N, self.end_N + by, self.strand_N)


def joined(parts: list[Spans]) -> Spans:
    """Return the intervals of all parts, one part after another."""
    return Spans(
        np.concatenate([part.chromosome_N for part in parts]),
        np.concatenate([part.start_N for part in parts]),
        np.concatenate([part.end_N for part in parts]),
        np.concatenate([part.strand_N for part in parts]),
    )


def clusters(spans: Spans, gap: int = -1) -> NDArray[np.int32]:
    """Group intervals of one strand that overlap, directly or through others.

    Parameters
    ----------
    spans
        N intervals.
    gap
        Also join intervals that are at most this many nt apart; 0 joins those that touch, -1 only
        those that overlap.

    Returns
    -------
    NDArray[np.int32]
        (N,) cluster numbers, from 0 in the order of first appearance.
    """
    if not len(spans):
        return np.zeros(0, dtype=np.int32)
    found = _ranges(spans).cluster(strand=True, slack=gap).df
    cluster_N = np.empty(len(spans), dtype=np.int64)
    cluster_N[found["row"].to_numpy()] = found["Cluster"].to_numpy()
    return by_first_appearance(cluster_N)


def overlapping(spans: Spans, others: Spans) -> NDArray[np.bool_]:
    """Find the intervals that overlap an interval of a second set on the same strand.

    Parameters
    ----------
    spans
        N intervals.
    others
        M intervals.

    Returns
    -------
    NDArray[np.bool_]
        (N,) whether any overlaps.
    """
    hit_N = np.zeros(len(spans), dtype=bool)
    if len(spans) and len(others):
        found = _ranges(spans).overlap(_ranges(others), strandedness="same").df
        if len(found):
            hit_N[found["row"].to_numpy()] = True
    return hit_N


def _ranges(spans: Spans) -> PyRanges:
    import pandas as pd  # these take 0.4 s to import
    from pyranges import PyRanges

    return PyRanges(
        pd.DataFrame(
            {
                "Chromosome": spans.chromosome_N,
                "Start": spans.start_N,
                "End": spans.end_N,
                "Strand": np.where(spans.strand_N == 0, "+", "-"),
                "row": np.arange(len(spans)),
            }
        )
    )
