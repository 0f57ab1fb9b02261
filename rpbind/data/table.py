"""Reads windows from a CSV, TSV or Parquet table with named columns.

Shapes: N windows (rows), L letters per window.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.data.clusters import Progress
from rpbind.data.manifest import FileHash, hash_file
from rpbind.data.sources import Rows, index_names, one_file, read_file, tokens_of
from rpbind.data.writer import Origin
from rpbind.errors import UserError, nearest

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


@dataclass(frozen=True)
class Columns:
    """Which column holds what; `cluster` may hold numbers or words, such as chromosomes."""

    rna: str = "rna"
    protein: str = "protein"
    label: str = "label"
    cluster: str | None = None

    @property
    def wanted(self) -> list[str]:
        """The names of the columns that are read."""
        return [c for c in (self.rna, self.protein, self.label, self.cluster) if c is not None]


def read_table(path: Path, columns: Columns, progress: Progress) -> Rows:
    """Read a table: .csv, .tsv, .txt (tab), each also .gz, with a header line, or .parquet.

    Clusters are numbered by first appearance. Raises `UserError` with file and line.
    """
    texts, origin, was = read_columns(path, columns.wanted)
    names, protein_N = index_names(filled(texts[columns.protein], "protein", origin))
    sizes = pa.compute.binary_length(texts[columns.rna]).to_numpy().astype(np.int64)
    rows = Rows(
        rna_NL=tokens_of("".join(texts[columns.rna].to_pylist()).encode(), sizes, origin),
        label_N=_labels(texts[columns.label].to_pylist(), origin),
        protein_N=protein_N,
        names=names,
        cluster_N=None if columns.cluster is None else _clusters(texts[columns.cluster], origin),
        origin=origin,
        sources={path.name: was},
    )
    progress(1, 1)
    return rows


def read_columns(
    path: Path, names: list[str]
) -> tuple[dict[str, pa.ChunkedArray], Origin, FileHash]:
    """Read the named columns of a table as text, "" where a cell is empty; one row at least."""
    is_parquet = path.suffix == ".parquet"
    table, was = _read_parquet(path) if is_parquet else _read_text(path, names)
    texts = {name: _texts(table, name, path) for name in names}
    if table.num_rows == 0:
        raise UserError(f"{path} has a header and no rows.")
    first = 1 if is_parquet else 2  # line 1 of a text table is its header
    rows_N = np.arange(first, first + table.num_rows, dtype=np.int32)
    return texts, one_file(path, rows_N), was


def _read_parquet(path: Path) -> tuple[pa.Table, FileHash]:
    if not path.is_file():
        raise UserError(f"{path} is no file. Check the path.")
    try:
        return pq.read_table(path), hash_file(path)
    except pa.ArrowException as error:
        raise UserError(f"{path} is not a whole Parquet file ({error}).") from None


def _read_text(path: Path, names: list[str]) -> tuple[pa.Table, FileHash]:
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix not in _DELIMITERS:
        raise UserError(
            f"{path} has the ending '{suffix}'; a table ends in .csv, .tsv or .txt (each also "
            "with .gz), or .parquet."
        )
    text, was = read_file(path)
    as_text = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text.rstrip(b"\n") + b"\n"),
            # one thread and no skipped lines, so that row numbers are line numbers
            pa.csv.ReadOptions(use_threads=False),
            pa.csv.ParseOptions(delimiter=_DELIMITERS[suffix], ignore_empty_lines=False),
            as_text,
        )
    except pa.ArrowException as error:
        raise UserError(f"{path} is not a table that can be read ({error}).") from None
    return table, was


def _texts(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    if table.column_names.count(name) != 1:
        found = "twice" if name in table.column_names else "no"
        raise UserError(
            f"{path} has {found} column '{name}'; its columns are "
            f"{', '.join(table.column_names)}.{nearest(name, table.column_names)}"
        )
    return table.column(name).cast(pa.string()).fill_null("")


def filled(texts: pa.ChunkedArray, what: str, origin: Origin) -> list[str]:
    """Return a column's texts; `UserError` with the row where one is missing."""
    values: list[str] = texts.to_pylist()
    if "" in values:
        raise UserError(f"{origin.place(values.index(''))}: the {what} is missing.")
    return values


def _labels(texts: list[str], origin: Origin) -> NDArray[np.uint8]:
    wrong = next((row for row, text in enumerate(texts) if text not in ("0", "1")), None)
    if wrong is not None:
        raise UserError(
            f"{origin.place(wrong)}: a label is 0 or 1; got {texts[wrong]!r}."
            if texts[wrong]
            else f"{origin.place(wrong)}: the label is missing; wanted 0 or 1."
        )
    return np.array(texts, dtype=np.uint8)


def _clusters(texts: pa.ChunkedArray, origin: Origin) -> NDArray[np.int32]:
    filled(texts, "cluster", origin)
    encoded = texts.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices, dtype=np.int32)
