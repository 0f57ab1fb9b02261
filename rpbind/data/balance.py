"""How far a split came out from its percentages, and the cluster that did it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rpbind.data.dataset import Dataset
from rpbind.data.splits import PARTS, Rule, Split

TOLERANCE = 1.0
"""Percentage points: a split that is closer to what was asked is not remarked upon."""

CLUSTERS: dict[Rule, tuple[str, ...]] = {
    "random": (),
    "cold-rna": ("overlap",),
    "cold-protein": ("protein",),
    "cold-both": ("overlap", "protein"),
}
"""What each rule keeps whole."""


def imbalance(dataset: Dataset, split: Split) -> str:
    """Say that a split came out otherwise than asked, and how large the largest cluster is.

    Nothing where every part is within a percentage point of what was asked.
    """
    windows = [split.summary[part].windows for part in PARTS]
    came = [100 * n / max(sum(windows), 1) for n in windows]
    wanted = expected(split)
    if max(abs(a - b) for a, b in zip(came, wanted, strict=True)) < TOLERANCE:
        return ""
    return (
        f"The split came out as {_joined(came)} % of the windows instead of {_joined(wanted)}: "
        f"clusters stay whole, and {' and '.join(_largest(dataset, split))}."
    )


def expected(split: Split) -> list[float]:
    """Return the percentages that a rule aims at; of cold-both, those of the windows that it uses.

    There a window is used where both of its clusters were drawn for one part.
    """
    if split.spec.rule != "cold-both":
        return [float(percent) for percent in split.spec.ratio]
    squares = [percent**2 for percent in split.spec.ratio]
    return [100 * square / sum(squares) for square in squares]


def _joined(percents: list[float]) -> str:
    return "/".join(f"{percent:.1f}".removesuffix(".0") for percent in percents)


def _largest(dataset: Dataset, split: Split) -> Iterator[str]:
    cluster_P = np.array([protein.cluster for protein in dataset.proteins])
    groups = {"overlap": dataset.cluster_N, "protein": cluster_P[dataset.protein_N]}
    for kind in CLUSTERS[split.spec.rule]:
        _, size_G = np.unique(groups[kind], return_counts=True)
        share = 100 * size_G.max() / len(dataset)
        yield f"the largest {kind} cluster has {share:.1f} % of them"
