"""Why a dataset cannot be split by a rule, and what would help with that dataset.

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
    "a model needs both classes, and no split can be made: import bound and unbound windows of the "
    "same proteins together."
)
PARTS = 3
LARGE = 0.3
"""A group with more than this share of the windows does not fit into validation or test."""


def refusal(dataset: Dataset, rule: str, lacking: str, others: Sequence[str]) -> str:
    """Say why a split is refused.

    Parameters
    ----------
    dataset
        What was to be split.
    rule
        The rule that was asked for.
    lacking
        What a part of the split has: "validation 12 windows, 0 of them positive".
    others
        The rules by which every part has both classes.

    Returns
    -------
    str
        What was found, its cause in this dataset, and advice that applies to it.
    """
    labels = np.unique(dataset.label_N)
    if len(labels) == 1:
        return f"{ONE_CLASS[int(labels[0])]} in {dataset.root}: {NEEDS_BOTH}"
    given = rule != "cold-protein" and _clusters(dataset) == "given"
    useful = [other for other in others if not (given and other == "random")]  # it would leak
    leaks = " (it leaks: windows that overlap come into different parts)"
    shown = [f"{other}{leaks if other == 'random' else ''}" for other in useful]
    works = f" This dataset can be split by {' or '.join(shown)}." if shown else ""
    return (
        f"The {rule} split gives {lacking}; each part needs both classes. "
        f"{_cause(dataset, rule)}{works}"
    )


def _cause(dataset: Dataset, rule: str) -> str:
    if rule == "random":
        return f"The dataset has {len(dataset):,} windows: import more."
    if rule == "cold-protein":
        return _of_proteins(dataset)
    of_rna = _of_rna(dataset)
    return of_rna if rule == "cold-rna" else f"{of_rna} {_of_proteins(dataset)}"


def _of_rna(dataset: Dataset) -> str:
    count, largest = _sizes(dataset.cluster_N)
    found = f"Its windows are in {count:,} overlap clusters, the largest with {largest:.0%} of them"
    how = _clusters(dataset)
    if how == "given":
        return (
            f"{found}. They are those that were given to the import: give finer ones, or run "
            "`rpbind import` without them (no --cluster-column, no --clusters): they are computed."
        )
    kmer = re.fullmatch(r"shared (\d+)-mer", how)
    if kmer and int(kmer[1]) < 31 and (largest > LARGE or count < PARTS):
        return f"{found}. `rpbind import` with a larger --k than {kmer[1]} makes smaller clusters."
    return f"{found}: import more windows that do not overlap with these."


def _of_proteins(dataset: Dataset) -> str:
    cluster_P = np.array([protein.cluster for protein in dataset.proteins], dtype=np.int32)
    count, largest = _sizes(cluster_P[dataset.protein_N])
    return (
        f"Its {len(dataset.proteins)} proteins are in {count} homology clusters, the largest with "
        f"{largest:.0%} of the windows: import windows of more proteins that are not related."
    )


def _sizes(group_N: NDArray[np.int32]) -> tuple[int, float]:
    """Return how many groups there are, and the share of the largest."""
    size_G = np.unique(group_N, return_counts=True)[1]
    return len(size_G), float(size_G.max() / len(group_N))


def _clusters(dataset: Dataset) -> str:
    """Say how overlap clusters were made: "given", or "shared 31-mer"."""
    return str(dataset.manifest.made_by.arguments.get("clusters", ""))
