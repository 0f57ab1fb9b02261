"""The data that a baseline reads: a dataset's windows, one split of them, a vector per protein.

Shapes: N windows, L letters per window, P proteins, W width of a protein vector, T scored
test windows.
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
    """A dataset's arrays, the windows of each part, and the proteins' mean vectors.

    Parameters
    ----------
    rna_NL
        Tokens (N, L) uint8: 0 to 4 for A C G U N.
    label_N
        Labels (N,) uint8: 1 if bound.
    protein_N
        Each window's protein, as an index into `proteins` (N,) int32.
    cluster_N
        Each window's overlap cluster (N,) int32.
    parts
        {part: indices of its windows}.
    proteins
        The P proteins.
    mean_PW
        Mean residue vector of each protein (P, W) float32.
    provenance
        Name and hash of the dataset, the split and the protein vectors.
    """

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
        """Collect the data of baselines.

        Parameters
        ----------
        dataset
            The open dataset.
        split
            A split of it.
        store
            Vectors of its proteins.

        Returns
        -------
        BaselineData
            The dataset's own arrays, without copies.
        """
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
        """Return the windows of one protein in one part.

        Parameters
        ----------
        part
            The part of the split.
        protein
            Index of the protein.

        Returns
        -------
        array
            Indices of windows, int64.
        """
        index_N = self.parts[part]
        return index_N[self.protein_N[index_N] == protein]


class NotApplicableError(Exception):
    """A baseline cannot score anything on this split; the message says why."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """A baseline's scores.

    Parameters
    ----------
    index_T
        Indices of the scored test windows (T,) int64.
    logit_T
        Their log-odds of binding (T,) float64.
    settings
        What the baseline chose on validation, for the provenance.
    """

    index_T: NDArray[np.int64]
    logit_T: NDArray[np.float64]
    settings: dict[str, Any] = field(default_factory=dict)


Baseline = Callable[[BaselineData, Progress], Prediction]
"""Fits on the training part and scores test windows, or raises `NotApplicableError`."""
