"""Checks, before training, that the data can answer the question of a study."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rpbind.data.dataset import Dataset
from rpbind.data.splits import Split, SplitSpec, make_split
from rpbind.errors import UserError
from rpbind.split_spec import RULES

Part = Literal["validation", "test"]
SCORED: tuple[Part, ...] = ("validation", "test")


def scored_clusters(dataset: Dataset, split: Split, part: Part) -> int:
    """Return how many protein clusters of a part have a protein with windows of both classes.

    Parameters
    ----------
    dataset
        The dataset, with labels and proteins of all windows.
    split
        The part of each window.
    part
        The part whose clusters are counted.

    Returns
    -------
    int
        The number of clusters that have an AUROC.
    """
    index_N = split.indices(part)
    protein_N, label_N = dataset.protein_N[index_N], dataset.label_N[index_N]
    bound_P = np.bincount(protein_N, label_N)
    all_P = np.bincount(protein_N)
    scored_P = np.flatnonzero((bound_P > 0) & (bound_P < all_P))
    return len({dataset.proteins[p].cluster for p in scored_P})


def check_can_be_scored(dataset: Dataset, split: Split) -> None:
    """Raise `UserError` if AUROC per protein is undefined for every protein of a scored part."""
    part = _not_scored(dataset, split)
    if part is None:
        return
    shape = split.spec.ratio, split.spec.seed
    useful = [rule for rule in RULES if _helps(dataset, SplitSpec(rule, *shape))]
    other = f", or use --split {' or '.join(useful)}" if useful else "; no other split helps"
    raise UserError(
        f"Every protein of the {part} part of {split.id} has windows of one class only, so AUROC "
        "per protein is undefined. Import windows of both classes for the same "
        f"proteins{other}."
    )


def _not_scored(dataset: Dataset, split: Split) -> Part | None:
    """Return the first scored part in which no protein has windows of both classes."""
    return next((part for part in SCORED if not scored_clusters(dataset, split, part)), None)


def _helps(dataset: Dataset, spec: SplitSpec) -> bool:
    """Whether both scored parts have an AUROC under this split."""
    try:
        return _not_scored(dataset, make_split(dataset, spec)) is None
    except UserError:
        return False
