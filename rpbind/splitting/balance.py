"""Reports a split whose parts miss their percentages, and the cluster that caused it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rpbind.data.dataset import Dataset
from rpbind.data.splits import PARTS, Split
from rpbind.splitting.motif import shared_motif

TOLERANCE = 1.0
"""Percentage points; a smaller deviation is not reported."""

CLUSTERS: dict[str, tuple[str, ...]] = {
    "random": (),
    "cold-rna": ("overlap",),
    "cold-protein": ("protein",),
    "cold-both": ("overlap", "protein"),
    "cold-chromosome": ("chromosome",),
    "folds": ("overlap",),
}
"""The kinds of cluster that each rule keeps whole."""


def imbalance(dataset: Dataset, split: Split) -> str:
    """Describe how far a split is from its percentages, and how large the largest cluster is.

    Parameters
    ----------
    dataset
        The dataset that was split.
    split
        The split.

    Returns
    -------
    str
        One sentence; "" if every part is within one percentage point of its share, or if the
        split is a saved one, which has no percentages.
    """
    if split.spec.rule == "given":
        return ""
    windows = [split.summary[part].windows for part in PARTS]
    actual = [100 * n / max(sum(windows), 1) for n in windows]
    target = expected(split)
    if max(abs(a - b) for a, b in zip(actual, target, strict=True)) < TOLERANCE:
        return ""
    return (
        f"The split has {_joined(actual)} % of the windows instead of {_joined(target)}: "
        f"{_kept(split.spec.rule)} stay whole, and {' and '.join(_largest(dataset, split))}."
    )


def expected(split: Split) -> list[float]:
    """Return the percentages of windows that train, validation and test should have.

    `cold-both` uses a window only if both of its clusters were drawn for the same part, so its
    percentages are of the windows that it uses.
    """
    if split.spec.rule == "folds":
        one = 100 / split.spec.folds
        return [100 - 2 * one, one, one]
    if split.spec.rule != "cold-both":
        return [float(percent) for percent in split.spec.ratio]
    squares = [percent**2 for percent in split.spec.ratio]
    return [100 * square / sum(squares) for square in squares]


def _kept(rule: str) -> str:
    return "chromosomes" if rule == "cold-chromosome" else "clusters"


def _joined(percents: list[float]) -> str:
    return "/".join(f"{percent:.1f}".removesuffix(".0") for percent in percents)


def _largest(dataset: Dataset, split: Split) -> Iterator[str]:
    cluster_P = np.array([protein.cluster for protein in dataset.proteins])
    groups = {"overlap": dataset.cluster_N, "protein": cluster_P[dataset.protein_N]}
    if split.spec.rule == "cold-chromosome" and dataset.coordinates is not None:
        groups["chromosome"] = dataset.coordinates.chromosome_N
    for kind in CLUSTERS[split.spec.rule]:
        group_G, size_G = np.unique(groups[kind], return_counts=True)
        share = 100 * size_G.max() / len(dataset)
        what = kind if kind == "chromosome" else f"{kind} cluster"
        motif = shared_motif(dataset, int(group_G[size_G.argmax()])) if kind == "overlap" else ""
        yield f"the largest {what} has {share:.1f} % of them ({size_G.max():,} windows{motif})"
