"""Reads windows from a CSV, TSV or Parquet table with named columns.

Shapes: N windows (rows), L letters per window.
"""

from __future__ import annotations

import csv
import io
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
from rpbind.errors import UserError, nearest, reason

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
    table, row_N, was = _read_parquet(path) if is_parquet else _read_text(path, names)
    texts = {name: _texts(table, name, path) for name in names}
    if table.num_rows == 0:
        raise UserError(f"{path} has a header and no rows.")
    return texts, one_file(path, row_N), was


Read = tuple[pa.Table, NDArray[np.int32], FileHash]
"""A table, the row or line of each of its rows (from 1), and the file's hash."""


def _read_parquet(path: Path) -> Read:
    if not path.is_file():
        raise UserError(f"{path} is no file. Check the path.")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # not the file's fault, as a page is that does not unpack
        raise UserError(f"{path} is not a whole Parquet file ({error}).") from None
    return table, np.arange(1, table.num_rows + 1, dtype=np.int32), hash_file(path)


def _read_text(path: Path, names: list[str]) -> Read:
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix not in _DELIMITERS:
        raise UserError(
            f"{path} has the ending '{suffix}'; a table ends in .csv, .tsv or .txt (each also "
            "with .gz), or .parquet."
        )
    text, was = read_file(path)
    text = text.rstrip(b"\n") + b"\n"
    as_text = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(use_threads=False),  # many would not say which row is wrong
            pa.csv.ParseOptions(
                delimiter=_DELIMITERS[suffix], ignore_empty_lines=False, newlines_in_values=True
            ),
            as_text,
        )
    except pa.ArrowException as error:
        raise UserError(f"{path} is not a table that can be read ({error}).") from None
    return table, _lines(text, table.num_rows, _DELIMITERS[suffix]), was


def _lines(text: bytes, rows: int, delimiter: str) -> NDArray[np.int32]:
    """Return the line on which each row begins; line 1 is the header's."""
    if b"\r" not in text and text.count(b"\n") == rows + 1:
        return np.arange(2, rows + 2, dtype=np.int32)
    limit = csv.field_size_limit(len(text))
    try:  # a quoted cell has a line break: csv splits rows as pyarrow does, and counts lines
        lines = io.StringIO(text.replace(b"\r", b"\n").decode("latin-1"))
        reader = csv.reader(lines, delimiter=delimiter)
        begins = [1, *(reader.line_num + 1 for _ in reader)]
    finally:
        csv.field_size_limit(limit)
    return np.array(begins[1 : rows + 1], dtype=np.int32)


def _texts(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    if table.column_names.count(name) != 1:
        found = "twice" if name in table.column_names else "no"
        raise UserError(
            f"{path} has {found} column '{name}'; its columns are "
            f"{', '.join(table.column_names)}.{nearest(name, table.column_names)}"
        )
    column = table.column(name)
    if pa.types.is_fixed_size_binary(column.type) and "source_row" in table.column_names:
        raise UserError(
            f"{path} is the windows.parquet of a dataset: its column '{name}' holds tokens, one "
            "byte per letter, and no text. A dataset's folder is used as it is, with --data; "
            "`rpbind subset` makes a smaller dataset of it."
        )
    try:
        return column.cast(pa.string()).fill_null("")
    except pa.ArrowException as error:
        raise UserError(
            f"{path}: column '{name}' has the type {column.type}; wanted text (UTF-8), or numbers "
            f"for labels and clusters ({reason(error)}). Write it as such."
        ) from None


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
