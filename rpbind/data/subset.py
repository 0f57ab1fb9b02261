"""Draws a smaller dataset from a larger one, for small machines."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rpbind.data.dataset import Dataset
from rpbind.data.manifest import WINDOWS, MadeBy
from rpbind.data.splits import shuffled
from rpbind.data.writer import Origin, Windows, write_dataset
from rpbind.errors import UserError
from rpbind.files.draft import check_new


def subset(dataset: Dataset, out: Path, per_protein: int, seed: int = 0) -> Dataset:
    """Write a new dataset with some windows of every protein, drawn at random.

    Overlap clusters and proteins are kept, so a cold split of the subset does not leak either. The
    origin of a window is its row in the larger dataset.

    Parameters
    ----------
    dataset
        The larger dataset.
    out
        Folder of the new one.
    per_protein
        Windows per protein; a protein with fewer keeps all of them.
    seed
        Random seed, 0 or more.

    Returns
    -------
    Dataset
        The new dataset, opened.

    Raises
    ------
    UserError
        If `out` cannot be made, or no protein has more than `per_protein` windows.
    """
    check_new(out)
    counts_P = np.bincount(dataset.protein_N, minlength=len(dataset.proteins))
    if not 1 <= per_protein < counts_P.max():
        raise UserError(
            f"A subset has 1 to {counts_P.max() - 1:,} windows per protein (the largest protein of "
            f"{dataset.root} has {counts_P.max():,}); got {per_protein:,}."
        )
    order_N = shuffled(len(dataset), seed, "subset")
    by_protein_N = order_N[np.argsort(dataset.protein_N[order_N], kind="stable")]
    start_P = np.cumsum(counts_P) - counts_P
    kept = [by_protein_N[a : a + per_protein] for a in start_P.tolist()]
    kept = [rows[:count] for rows, count in zip(kept, counts_P.tolist(), strict=True)]
    rows_M = np.sort(np.concatenate(kept))
    return write_dataset(
        out,
        Windows(
            dataset.rna_NL[rows_M],
            dataset.label_N[rows_M],
            dataset.protein_N[rows_M],
            dataset.cluster_N[rows_M],
            dataset.coordinates and dataset.coordinates.take(rows_M),
        ),
        dataset.proteins,
        MadeBy(
            importer="subset",
            arguments={"of": dataset.id, "per_protein": per_protein, "seed": seed},
            sources={WINDOWS: dataset.manifest.parts[WINDOWS]},
        ),
        negatives=dataset.manifest.negatives,
        origin=Origin([WINDOWS], np.zeros(len(rows_M), np.int32), (rows_M + 1).astype(np.int32)),
        parent=dataset.manifest,
    )
