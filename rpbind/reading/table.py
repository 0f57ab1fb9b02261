"""Reads named columns of a CSV, TSV or Parquet table as text.

Shapes: N rows.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash, hash_file
from rpbind.data.writer import Origin
from rpbind.errors import UserError, reason
from rpbind.names import matching
from rpbind.reading.files import FOLDER, check_is_file, one_file, read_file
from rpbind.reading.formats import check_not_foreign
from rpbind.reading.header import DELIMITERS, check_column, check_header, header_of


def read_columns(
    path: Path, names: list[str], optional: tuple[str, ...] = ()
) -> tuple[dict[str, pa.ChunkedArray], Origin, FileHash]:
    """Read columns of a table as text.

    Parameters
    ----------
    path
        The table; .csv, .tsv or .txt (tabs) with a header line, also .gz, or .parquet.
    names
        The columns to read.
    optional
        Columns that are read if they are there.

    Returns
    -------
    tuple[dict[str, pa.ChunkedArray], Origin, FileHash]
        {name: text of each row, "" for an empty cell}, the origin of the rows (at least one), and
        the hash of the file.

    Raises
    ------
    UserError
        If the file cannot be read as a table, lacks a column, or has no rows.
    """
    check_is_file(path, FOLDER)
    is_parquet = path.suffix == ".parquet"
    table, row_N, file_hash = (
        _read_parquet(path) if is_parquet else _read_text(path, names, optional)
    )
    there = [name for name in optional if matching(name, table.column_names)]
    texts = {name: _texts(table, name, path) for name in (*names, *there)}
    if table.num_rows == 0:
        raise UserError(f"{path} has a header and no rows. Add a row for each window.")
    return texts, one_file(path, row_N), file_hash


Read = tuple[pa.Table, NDArray[np.int32], FileHash]
"""A table, the row or line of each of its rows (from 1), and the hash of the file."""


def _read_parquet(path: Path) -> Read:
    try:
        table = pq.read_table(path)
        _ = table.column_names  # only this decodes them
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the system, not of the file
        if path.read_bytes()[:4] != b"PAR1":
            check_not_foreign(path, read_file(path)[0], "parquet")
        raise UserError(
            f"{path} is not a complete Parquet file ({error}). Write or download it again."
        ) from None
    return table, np.arange(1, table.num_rows + 1, dtype=np.int32), hash_file(path)


def _read_text(path: Path, names: list[str], optional: tuple[str, ...]) -> Read:
    suffix = Path(path.name.removesuffix(".gz")).suffix
    text, file_hash = read_file(path)
    if suffix not in DELIMITERS:
        check_not_foreign(path, text, "table")
        raise UserError(
            f"{path} has the ending '{suffix}'; expected .csv, .tsv or .txt (each also with .gz), "
            "or .parquet. Give it the ending of its format."
        )
    text = text.rstrip(b"\n") + b"\n"
    header = header_of(text, DELIMITERS[suffix])
    check_header(path, text, header, names)
    as_text = dict.fromkeys(
        (cell for name in (*names, *optional) for cell in matching(name, header)), pa.string()
    )
    block = min(max(len(text), 1), 2**31 - 1)  # one block, so that a row of any length fits
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(use_threads=False, block_size=block),
            pa.csv.ParseOptions(
                delimiter=DELIMITERS[suffix], ignore_empty_lines=False, newlines_in_values=True
            ),
            pa.csv.ConvertOptions(column_types=as_text),
        )
    except pa.ArrowException as error:
        raise UserError(_unreadable(path, str(error))) from None
    return table, _lines(text, table.num_rows, DELIMITERS[suffix]), file_hash


def _unreadable(path: Path, error: str) -> str:
    odd = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", error)
    if odd is None:
        return f"{path} is not a readable table ({error[:200]}). Correct it, or write it again."
    row, expected, got = odd.groups()
    return (
        f"{path}, row {row} (the header is row 1): {got} columns; the header has {expected}. "
        "Correct the row; put a cell that contains the separator in quotation marks."
    )


def _lines(text: bytes, rows: int, delimiter: str) -> NDArray[np.int32]:
    """Return the line on which each row begins; line 1 is the header."""
    if b"\r" not in text and text.count(b"\n") == rows + 1:
        return np.arange(2, rows + 2, dtype=np.int32)
    limit = csv.field_size_limit(len(text))
    try:  # quoted line breaks: csv splits rows like pyarrow, and counts lines
        lines = io.StringIO(text.replace(b"\r", b"\n").decode("latin-1"))
        reader = csv.reader(lines, delimiter=delimiter)
        begins = [1, *(reader.line_num + 1 for _ in reader)]
    finally:
        csv.field_size_limit(limit)
    return np.array(begins[1 : rows + 1], dtype=np.int32)


def _texts(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    check_column(path, name, table.column_names)
    (name,) = matching(name, table.column_names)
    column = table.column(name)
    if pa.types.is_fixed_size_binary(column.type) and "source_row" in table.column_names:
        raise UserError(
            f"{path} is the windows.parquet of a dataset; its column '{name}' holds tokens and not "
            "text. Give the dataset's folder to `rpbind evaluate --data` or to the --data of "
            "`rpbind tune`. `rpbind subset` makes a smaller dataset from it."
        )
    try:
        column.validate(full=True)  # a damaged file can hold text that is not UTF-8
        return column.cast(pa.string()).fill_null("")
    except pa.ArrowException as error:
        raise UserError(
            f"{path}: column '{name}' has the type {column.type}; expected text (UTF-8), or "
            f"numbers for labels and clusters ({reason(error)}). Write it with one of these types."
        ) from None


def filled_cells(texts: pa.ChunkedArray, what: str, origin: Origin) -> list[str]:
    """Return the cells of a column, none of them empty.

    Parameters
    ----------
    texts
        The column.
    what
        What a cell holds, for messages.
    origin
        Where each row comes from, for messages.

    Returns
    -------
    list[str]
        The cells.

    Raises
    ------
    UserError
        If a cell is empty; the message has its row.
    """
    values: list[str] = texts.to_pylist()
    if "" in values:
        raise UserError(f"{origin.place(values.index(''))}: the {what} is missing. Add it.")
    return values
