"""What the validation and test part of a split have in common with training.

Shapes: N windows, D distinct windows, M windows of one part, K k-mers, G strands of chromosomes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.data.coordinates import STRANDS, Coordinates
from rpbind.data.dataset import Dataset
from rpbind.data.distinct import first_equal
from rpbind.kmers.pieces import kmers_of_pass, passes_of

K = 31
"""Letters of the k-mers that are compared; fewer if the longest window has fewer."""


@dataclass(frozen=True)
class Leak:
    """How many windows and proteins of one part have something in common with training.

    Parameters
    ----------
    part
        validation or test.
    windows
        Number of its windows.
    equal
        Windows whose letters are those of a training window, of any protein.
    kmer
        Windows that share a k-mer without N with a training window; shorter ones have none.
    k
        Letters of the k-mers.
    interval
        Windows that overlap a training window in the genome, on the same strand; None without
        coordinates.
    proteins
        Number of its proteins.
    known
        Proteins that have training windows, under this or another name with the same sequence.
    related
        Proteins whose protein cluster has training windows.
    """

    part: str
    windows: int
    equal: int
    kmer: int
    k: int
    interval: int | None
    proteins: int
    known: int
    related: int


def leaks(
    dataset: Dataset, part_N: NDArray[np.uint8], first_N: NDArray[np.int64] | None = None
) -> tuple[Leak, ...]:
    """Measure what validation and test have in common with training.

    Parameters
    ----------
    dataset
        The dataset.
    part_N
        (N,) the part of each window: 0 train, 1 validation, 2 test, others unused.
    first_N
        What `first_equal` returned, if it is known.

    Returns
    -------
    tuple[Leak, ...]
        For validation and for test.
    """
    parts = {"validation": 1, "test": 2}
    train_N = part_N == 0
    first_N = first_equal(dataset.rna_NL) if first_N is None else first_N
    in_training_N = np.zeros(len(dataset), dtype=bool)
    in_training_N[first_N[train_N]] = True
    equal_N = in_training_N[first_N]
    k = min(K, dataset.rna_NL.shape[1])
    kmer_N = _shares_kmer(dataset, first_N, part_N, k)
    interval_N = None if dataset.coordinates is None else _overlaps(dataset.coordinates, train_N)
    return tuple(
        _leak(dataset, part, part_N == number, train_N, equal_N, kmer_N, k, interval_N)
        for part, number in parts.items()
    )


def _leak(
    dataset: Dataset,
    part: str,
    mine_N: NDArray[np.bool_],
    train_N: NDArray[np.bool_],
    equal_N: NDArray[np.bool_],
    kmer_N: NDArray[np.bool_],
    k: int,
    interval_N: NDArray[np.bool_] | None,
) -> Leak:
    mine, trained = (
        [dataset.proteins[i] for i in np.unique(dataset.protein_N[rows_N]).tolist()]
        for rows_N in (mine_N, train_N)
    )
    sequences, clusters = ({one.sequence for one in trained}, {one.cluster for one in trained})
    return Leak(
        part=part,
        windows=int(mine_N.sum()),
        equal=int(equal_N[mine_N].sum()),
        kmer=int(kmer_N[mine_N].sum()),
        k=k,
        interval=None if interval_N is None else int(interval_N[mine_N].sum()),
        proteins=len(mine),
        known=sum(one.sequence in sequences for one in mine),
        related=sum(one.cluster in clusters for one in mine),
    )


def _shares_kmer(
    dataset: Dataset, first_N: NDArray[np.int64], part_N: NDArray[np.uint8], k: int
) -> NDArray[np.bool_]:
    """Return (N,) whether a window of validation or test shares a k-mer with training."""
    compared_N = np.flatnonzero(_may_share(dataset, part_N, k))
    shares_N = np.zeros(len(dataset), dtype=bool)
    if not len(compared_N):
        return shares_N
    first_D, distinct_M = np.unique(first_N[compared_N], return_inverse=True)
    trained_D, held_out_D = np.zeros((2, len(first_D)), dtype=bool)
    trained_D[distinct_M[part_N[compared_N] == 0]] = True
    held_out_D[distinct_M[part_N[compared_N] != 0]] = True
    rna_DL, shares_D = dataset.rna_NL[first_D], np.zeros(len(first_D), dtype=bool)
    passes = passes_of(rna_DL, k)
    for number in range(passes):
        kmer_K, window_K = kmers_of_pass(rna_DL, k, number, passes)
        asked_K = np.flatnonzero(held_out_D[window_K])
        asked_K = asked_K[np.argsort(kmer_K[asked_K])]  # sorted values are looked up much faster
        found_K = _is_in(kmer_K[asked_K], np.sort(kmer_K[trained_D[window_K]]))
        shares_D[window_K[asked_K][found_K]] = True
    shares_N[compared_N] = shares_D[distinct_M]
    return shares_N


def _may_share(dataset: Dataset, part_N: NDArray[np.uint8], k: int) -> NDArray[np.bool_]:
    """Return (N,) which windows have to be compared.

    Where clusters were computed from shared k-mers that are not longer, only windows of a cluster
    can share one, so clusters that lie in one part alone are left out.
    """
    used_N = part_N <= 2
    how = re.match(r"shared (\d+)-mer", str(dataset.manifest.made_by.arguments.get("clusters", "")))
    if how is None or int(how[1]) > k:
        return used_N
    cluster_N = dataset.cluster_N
    in_train_C, held_out_C = (
        np.bincount(cluster_N[rows_N], minlength=int(cluster_N.max()) + 1) > 0
        for rows_N in (part_N == 0, used_N & (part_N != 0))
    )
    return used_N & (in_train_C & held_out_C)[cluster_N]


def _is_in(value_K: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which values are among the sorted `known`."""
    if not len(known):
        return np.zeros(len(value_K), dtype=bool)
    place_K = np.minimum(np.searchsorted(known, value_K), len(known) - 1)
    return known[place_K] == value_K


def _overlaps(place: Coordinates, train_N: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (N,) whether a window overlaps a training window in the genome."""
    found_N = np.zeros(len(train_N), dtype=bool)
    strand_N = place.chromosome_N * len(STRANDS) + place.strand_N
    for strand in np.unique(strand_N).tolist():
        mine_M = np.flatnonzero(strand_N == strand)
        trained = mine_M[train_N[mine_M]]
        trained = trained[np.argsort(place.start_N[trained], kind="stable")]
        start, end = place.start_N[trained], np.maximum.accumulate(place.end_N[trained])
        before_M = np.searchsorted(start, place.end_N[mine_M])  # training windows that start before
        last_M = np.r_[np.iinfo(np.int32).min, end][before_M]  # where the last of them ends
        found_N[mine_M] = last_M > place.start_N[mine_M]
    return found_N
