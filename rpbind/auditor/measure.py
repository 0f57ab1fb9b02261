"""Measures what a dataset, and a split of it, give away.

Shapes: N windows, M windows of one label, G groups such as clusters or genes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rpbind.audit.record import (
    Audit,
    LargeCluster,
    LeakRecord,
    Origin,
    ProteinCounts,
    RegionCounts,
)
from rpbind.auditor.consensus import consensus
from rpbind.auditor.priors import prior_scores
from rpbind.data.alphabet import PAD
from rpbind.data.coordinates import REGIONS
from rpbind.data.dataset import Dataset
from rpbind.data.leaks import leaks
from rpbind.data.priors import Asked
from rpbind.data.splits import Split
from rpbind.proteins.experiments import of_one_sequence

LARGEST = 5
"""How many of the largest clusters are named."""

_ROWS = 65_536


def measure(dataset: Dataset, split: Split | None) -> Audit:
    """Measure what a dataset and a split give away; nothing is written.

    Parameters
    ----------
    dataset
        The dataset.
    split
        A split of it; without one, the priors rank all windows.

    Returns
    -------
    Audit
        What was measured.
    """
    everything = np.arange(len(dataset))
    asked = Asked(
        dataset.rna_NL,
        dataset.label_N,
        dataset.protein_N,
        dataset.cluster_N,
        everything if split is None else split.indices("test"),
        everything[:0] if split is None else split.indices("train"),
    )
    first_N, manifest = asked.first_N, dataset.manifest
    rows_C = np.bincount(dataset.cluster_N)
    found = () if split is None else leaks(dataset, split.part_N, first_N)
    return Audit(
        dataset=name_of(dataset),
        split=split_name(split),
        part="all" if split is None else "test",
        negatives=manifest.negatives,
        windows=len(dataset),
        positives=manifest.positives,
        distinct=len(np.unique(first_N)),
        lengths=_lengths(dataset.rna_NL),
        contradictions=_contradictions(dataset, first_N),
        proteins=tuple(_proteins(dataset)),
        same_sequence=tuple(
            of_one_sequence(
                [p.id for p in dataset.proteins], [p.sequence for p in dataset.proteins]
            )
        ),
        clusters=int((rows_C > 0).sum()),
        single=int((rows_C == 1).sum()),
        largest=tuple(_largest(dataset, rows_C)),
        origins=tuple(_origins(dataset, first_N)),
        leaks=tuple(LeakRecord(**asdict(leak)) for leak in found),
        priors=tuple(prior_scores(asked)),
        regions=tuple(_regions(dataset, asked.asked_T)),
    )


def name_of(dataset: Dataset) -> str:
    """Return name and hash of a dataset."""
    return f"{dataset.manifest.name} {dataset.id}"


def split_name(split: Split | None) -> str:
    """Return name and hash of a split; empty without one."""
    return "" if split is None else f"{split.id} {split.sha256[:12]}"


def _lengths(rna_NL: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Return the shortest, median and longest length of the windows."""
    length_N = np.empty(len(rna_NL), dtype=np.int64)
    for start in range(0, len(rna_NL), _ROWS):
        rows = slice(start, start + _ROWS)
        length_N[rows] = np.count_nonzero(rna_NL[rows] != PAD, axis=1)
    return int(length_N.min()), int(np.median(length_N)), int(length_N.max())


def _contradictions(dataset: Dataset, first_N: NDArray[np.int64]) -> int:
    """Count the windows whose letters are both bound and unbound by one protein."""
    pair_N = first_N * len(dataset.proteins) + dataset.protein_N
    _, index_N, rows_G = np.unique(pair_N, return_inverse=True, return_counts=True)
    bound_G = np.bincount(index_N, dataset.label_N, minlength=len(rows_G))
    return int(rows_G[(bound_G > 0) & (bound_G < rows_G)].sum())


def _proteins(dataset: Dataset) -> Iterator[ProteinCounts]:
    number = len(dataset.proteins)
    windows_P = np.bincount(dataset.protein_N, minlength=number)
    bound_P = np.bincount(dataset.protein_N, dataset.label_N, minlength=number).astype(int)
    for protein, windows, bound in zip(dataset.proteins, windows_P, bound_P, strict=True):
        yield ProteinCounts(protein=protein.id, windows=int(windows), positives=int(bound))


def _largest(dataset: Dataset, rows_C: NDArray[np.int64]) -> Iterator[LargeCluster]:
    for cluster in np.argsort(-rows_C, kind="stable")[:LARGEST].tolist():
        rows = np.flatnonzero(dataset.cluster_N == cluster)
        if len(rows) < 2:  # single windows are not worth a name
            return
        yield LargeCluster(
            windows=len(rows),
            positives=int(dataset.label_N[rows].sum(dtype=np.int64)),
            proteins=len(np.unique(dataset.protein_N[rows])),
            consensus=consensus(dataset.rna_NL[rows]),
        )


def _regions(dataset: Dataset, asked_T: NDArray[np.int64]) -> Iterator[RegionCounts]:
    if dataset.coordinates is None:
        return
    region_T = dataset.coordinates.region_N[asked_T]
    for number, region in enumerate(REGIONS):
        rows = asked_T[region_T == number]
        if len(rows):
            yield RegionCounts(
                region=region,
                windows=len(rows),
                positives=int(dataset.label_N[rows].sum(dtype=np.int64)),
                proteins=len(np.unique(dataset.protein_N[rows])),
            )


def _origins(dataset: Dataset, first_N: NDArray[np.int64]) -> Iterator[Origin]:
    labels: tuple[tuple[Literal["bound", "unbound"], int], ...] = (("bound", 1), ("unbound", 0))
    place = dataset.coordinates
    for name, label in labels:
        rows = np.flatnonzero(dataset.label_N == label)
        clusters, half = _places(dataset.cluster_N[rows])
        genes: tuple[int | None, int | None] = (None, None)
        regions = {}
        if place is not None and (place.gene_N >= 0).any():
            gene_M = place.gene_N[rows]
            genes = _places(gene_M[gene_M >= 0])
        if place is not None and (place.region_N >= 0).any():
            region_M = place.region_N[rows]
            counts = np.bincount(region_M[region_M >= 0], minlength=len(REGIONS)).tolist()
            regions = dict(zip(map(str, REGIONS), counts, strict=True))
        yield Origin(
            label=name,
            windows=len(rows),
            distinct=len(np.unique(first_N[rows])),
            clusters=clusters,
            clusters_of_half=half,
            genes=genes[0],
            genes_of_half=genes[1],
            regions=regions,
        )


def _places(group_M: NDArray[np.int32]) -> tuple[int, int]:
    """Return the number of groups, and of the largest ones that hold half of the windows."""
    if not len(group_M):
        return 0, 0
    size_G = np.sort(np.unique(group_M, return_counts=True)[1])[::-1]
    return len(size_G), int(np.searchsorted(np.cumsum(size_G), len(group_M) / 2)) + 1
