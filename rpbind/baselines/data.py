"""What a baseline reads: the windows of a dataset, one split of them, a vector per protein.

Shapes: N windows, P proteins, W width of a protein vector, T test windows that were scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.data.clusters import Progress
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.splits import PARTS, Part, Split
from rpbind.proteins.embedding_store import EmbeddingStore


@dataclass(frozen=True, eq=False)
class BaselineData:
    """A dataset's arrays, the window indices of each part, and the proteins' mean vectors."""

    rna_NL: NDArray[np.uint8]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    cluster_N: NDArray[np.int32]
    parts: dict[Part, NDArray[np.int64]]
    proteins: tuple[Protein, ...]
    mean_PW: NDArray[np.float32]
    provenance: dict[str, str]

    @classmethod
    def from_dataset(cls, dataset: Dataset, split: Split, store: EmbeddingStore) -> BaselineData:
        """Return what baselines read of an open dataset, a split of it and protein vectors."""
        return cls(
            rna_NL=dataset.rna_NL,
            label_N=dataset.label_N,
            protein_N=dataset.protein_N,
            cluster_N=dataset.cluster_N,
            parts={part: split.indices(part) for part in PARTS},
            proteins=dataset.proteins,
            mean_PW=store.mean_PW([protein.sequence for protein in dataset.proteins]),
            provenance={
                "dataset": f"{dataset.manifest.name} {dataset.id}",
                "split": f"{split.id} {split.sha256[:12]}",
                "bank": f"{store.folder.name} {store.sha256[:12]}",
            },
        )

    def windows_of(self, part: Part, protein: int) -> NDArray[np.int64]:
        """Return the windows of one protein in a part."""
        index_N = self.parts[part]
        return index_N[self.protein_N[index_N] == protein]


class NotApplicableError(Exception):
    """A baseline that cannot say anything on this split, and why."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Log-odds of test windows; `index_T` says of which, `settings` what was chosen for it."""

    index_T: NDArray[np.int64]
    logit_T: NDArray[np.float64]
    settings: dict[str, Any] = field(default_factory=dict)


Baseline = Callable[[BaselineData, Progress], Prediction]
"""Trains on a case and scores its test windows, or raises `NotApplicableError`."""
