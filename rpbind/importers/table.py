"""Reads windows from a CSV, TSV or Parquet table with named columns.

Shapes: N windows (rows), L letters per window.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rpbind.data.clusters import Progress
from rpbind.data.writer import Origin
from rpbind.importers.labels import labels_of
from rpbind.importers.sources import Rows, index_names, tokens_of
from rpbind.reading.table import filled_cells, read_columns
from rpbind.splitting.saved import parts_from_words


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table.

    Parameters
    ----------
    rna
        Letters of the window.
    protein
        Name of the protein.
    label
        1 bound, 0 not bound.
    cluster
        Overlap cluster, as numbers or words, such as chromosomes; None if there is no such column.
    split
        Part of a published split, or number of a fold; None if there is no such column.
    """

    rna: str = "rna"
    protein: str = "protein"
    label: str = "label"
    cluster: str | None = None
    split: str | None = None

    @property
    def names(self) -> list[str]:
        """The names of the columns to read."""
        every = (self.rna, self.protein, self.label, self.cluster, self.split)
        return [column for column in every if column is not None]


def read_table(path: Path, columns: Columns, progress: Progress) -> Rows:
    """Read windows from .csv, .tsv or .txt (tabs) with a header line, also .gz, or from .parquet.

    Clusters are numbered in the order of first appearance. Raises `UserError` with file and line.
    """
    texts, origin, file_hash = read_columns(path, columns.names)
    names, protein_N = index_names(filled_cells(texts[columns.protein], "protein", origin))
    part_N, folds = None, 0
    if columns.split is not None:
        part_N, folds = parts_from_words(texts[columns.split].to_pylist(), origin.place)
    rows = Rows(
        rna_NL=tokens_of([text.strip() for text in texts[columns.rna].to_pylist()], origin),
        label_N=labels_of(texts[columns.label].to_pylist(), origin.place),
        protein_N=protein_N,
        names=names,
        cluster_N=None if columns.cluster is None else _clusters(texts[columns.cluster], origin),
        origin=origin,
        sources={path.name: file_hash},
        part_N=part_N,
        folds=folds,
    )
    progress(1, 1)
    return rows


def _clusters(texts: pa.ChunkedArray, origin: Origin) -> NDArray[np.int32]:
    filled_cells(texts, "cluster", origin)
    encoded = texts.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices, dtype=np.int32)
