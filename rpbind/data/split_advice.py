"""Explains why a dataset cannot be split by a rule, and what to do about it.

Shapes: N windows, G groups.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rpbind.data.dataset import Dataset

ONE_CLASS = {
    0: "Every window is unbound (label 0)",
    1: "Every window is bound (label 1)",
}
NEEDS_BOTH = (
    "a model needs both classes, so no split can be made. Import bound and unbound windows of the "
    "same proteins together, or make unbound ones with `rpbind negatives`."
)
PARTS = 3
LARGE = 0.3
"""A group with a larger share of the windows does not fit into validation or test."""


def refusal(dataset: Dataset, rule: str, lacking: str, others: Sequence[str]) -> str:
    """Return the error message for a split in which a part lacks a class.

    Parameters
    ----------
    dataset
        The dataset.
    rule
        The requested rule.
    lacking
        Which part lacks a class: "validation 12 windows, 0 of them positive".
    others
        The rules under which every part has both classes.

    Returns
    -------
    str
        What was found, its cause in this dataset, and advice.
    """
    labels = np.unique(dataset.label_N)
    if len(labels) == 1:
        return f"{ONE_CLASS[int(labels[0])]} in {dataset.root}: {NEEDS_BOTH}"
    given = rule != "cold-protein" and _clusters(dataset) == "given"
    useful = [
        other for other in others if not (given and other == "random")
    ]  # a random split would leak
    leaks = " (which leaks: overlapping windows land in different parts)"
    shown = [f"{other}{leaks if other == 'random' else ''}" for other in useful]
    works = f" This dataset can be split by {' or '.join(shown)}." if shown else ""
    return (
        f"The {rule} split gives {lacking}; each part needs both classes. "
        f"{_cause(dataset, rule)}{works}"
    )


def refusal_of_folds(dataset: Dataset, folds: int, lacking: str) -> str:
    """Return the error message for folds of which one lacks a class.

    Parameters
    ----------
    dataset
        The dataset.
    folds
        The requested number of folds.
    lacking
        Which part lacks a class: "test 12 windows, 0 of them positive".

    Returns
    -------
    str
        What was found, its cause in this dataset, and advice.
    """
    labels = np.unique(dataset.label_N)
    if len(labels) == 1:
        return f"{ONE_CLASS[int(labels[0])]} in {dataset.root}: {NEEDS_BOTH}"
    return (
        f"Of {folds} folds, one has {lacking}; each part needs both classes. "
        f"{_cause_in_rna(dataset)} Or use fewer folds."
    )


def _cause(dataset: Dataset, rule: str) -> str:
    if rule == "random":
        return f"The dataset has {len(dataset):,} windows; import more."
    if rule == "cold-protein":
        return _cause_in_proteins(dataset)
    if dataset.coordinates is not None and rule == "cold-chromosome":
        count, largest = _sizes(dataset.coordinates.chromosome_N)
        return (
            f"Its windows are on {count:,} chromosomes, the largest with {largest:.0%} of them: "
            "import windows of more chromosomes."
        )
    in_rna = _cause_in_rna(dataset)
    return in_rna if rule == "cold-rna" else f"{in_rna} {_cause_in_proteins(dataset)}"


def _cause_in_rna(dataset: Dataset) -> str:
    count, largest = _sizes(dataset.cluster_N)
    found = f"Its windows are in {count:,} overlap clusters, the largest with {largest:.0%} of them"
    method = _clusters(dataset)
    if method == "given":
        return (
            f"{found}, as given to the import: give smaller clusters, or run `rpbind import` with "
            "no --cluster-column and no --clusters to compute them."
        )
    kmer = re.match(r"shared (\d+)-mer", method)
    if kmer and int(kmer[1]) < 31 and (largest > LARGE or count < PARTS):
        return (
            f"{found}: for smaller clusters, run `rpbind import` with a larger --k than {kmer[1]}."
        )
    return f"{found}: import more windows that do not overlap with these."


def _cause_in_proteins(dataset: Dataset) -> str:
    cluster_P = np.array([protein.cluster for protein in dataset.proteins], dtype=np.int32)
    count, largest = _sizes(cluster_P[dataset.protein_N])
    return (
        f"Its {len(dataset.proteins)} proteins are in {count} protein clusters, the largest with "
        f"{largest:.0%} of the windows: import windows of more proteins that are not related."
    )


def _sizes(group_N: NDArray[np.int32]) -> tuple[int, float]:
    """Return the number of groups, and the share of windows in the largest."""
    size_G = np.unique(group_N, return_counts=True)[1]
    return len(size_G), float(size_G.max() / len(group_N))


def _clusters(dataset: Dataset) -> str:
    """Return how the overlap clusters were made: "given", or "shared 31-mer"."""
    return str(dataset.manifest.made_by.arguments.get("clusters", ""))
