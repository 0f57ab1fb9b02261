"""Overlaps and clusters of intervals equal those that comparing every pair gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpbind.genome.spans import Spans, clusters, overlapping

PLACES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 60), st.integers(1, 9), st.integers(0, 1)),
    min_size=1,
    max_size=12,
)


def spans(places: list[tuple[int, int, int, int]]) -> Spans:
    chromosome, start, length, strand = np.array(places).T
    return Spans(chromosome.astype(np.int32), start, start + length, strand.astype(np.int8))


def apart(one: Spans, i: int, other: Spans, j: int) -> float:
    """Return the gap between two intervals: negative where they overlap."""
    same = one.chromosome_N[i] == other.chromosome_N[j] and one.strand_N[i] == other.strand_N[j]
    gap = max(one.start_N[i] - other.end_N[j], other.start_N[j] - one.end_N[i])
    return float(gap) if same else np.inf


@settings(max_examples=40, deadline=None)
@given(one=PLACES, other=PLACES, by=st.integers(0, 30))
def test_overlaps_are_those_of_all_pairs_also_at_the_start_of_a_chromosome(
    one: list[tuple[int, int, int, int]], other: list[tuple[int, int, int, int]], by: int
) -> None:
    mine, theirs = spans(one), spans(other)
    expected = [
        any(apart(mine, i, theirs, j) < by for j in range(len(theirs))) for i in range(len(mine))
    ]
    assert overlapping(mine, theirs.wider(by)).tolist() == expected


@pytest.mark.parametrize("gap", [-1, 0, 5])
@settings(max_examples=30, deadline=None)
@given(places=PLACES)
def test_clusters_join_what_overlaps_or_is_near(
    gap: int, places: list[tuple[int, int, int, int]]
) -> None:
    mine = spans(places)
    group = list(range(len(mine)))
    for _ in group:
        for i in range(len(mine)):
            for j in range(len(mine)):
                if apart(mine, i, mine, j) <= gap:
                    group[i] = group[j] = min(group[i], group[j])
    found = clusters(mine, gap)
    for i in range(len(mine)):
        for j in range(len(mine)):
            assert (found[i] == found[j]) == (group[i] == group[j])
