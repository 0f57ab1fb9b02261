"""What a study cannot be asked on its data, noticed before anything is trained."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rpbind.data.dataset import Dataset
from rpbind.data.splits import Split
from rpbind.errors import UserError

SCORED: tuple[Literal["validation", "test"], ...] = ("validation", "test")


def can_be_scored(dataset: Dataset, split: Split) -> None:
    """Raise `UserError` where no protein of a part has both classes: no AUROC per protein then."""
    for part in SCORED:
        index_N = split.indices(part)
        protein_N, label_N = dataset.protein_N[index_N], dataset.label_N[index_N]
        bound_P = np.bincount(protein_N, label_N)
        all_P = np.bincount(protein_N)
        if not ((bound_P > 0) & (bound_P < all_P)).any():
            raise UserError(
                f"Every protein of the {part} part of {split.id} has windows of one class only, so "
                "macro per-protein AUROC cannot be had. Import negatives for the same proteins, or "
                "take another --split."
            )
