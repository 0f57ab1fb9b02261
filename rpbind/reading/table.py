"""Reads named columns of a table as text: CSV, TSV, Parquet or Excel.

Shapes: N rows.
"""

from __future__ import annotations

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
from rpbind.reading.header import check_column
from rpbind.reading.text_table import PLAIN, parse_text
from rpbind.reading.text_table import Form as Form
from rpbind.reading.workbook import read_workbook


def read_columns(
    path: Path, names: list[str], optional: tuple[str, ...] = (), form: Form = PLAIN
) -> tuple[dict[str, pa.ChunkedArray], Origin, FileHash]:
    """Read columns of a table as text.

    Parameters
    ----------
    path
        The table: .csv, .tsv, .tab or .txt, also .gz; .parquet; or .xlsx.
    names
        The columns to read.
    optional
        Columns that are read if they are there.
    form
        What the table does not say of itself.

    Returns
    -------
    tuple[dict[str, pa.ChunkedArray], Origin, FileHash]
        {name: text of each row, "" for an empty cell}, the origin of the rows (at least one), and
        the hash of the file. Empty rows at the end are left out.

    Raises
    ------
    UserError
        If the file cannot be read as a table, lacks a column, or has no rows.
    """
    check_is_file(path, FOLDER)
    suffix = path.suffix.lower()
    if form.sheet is not None and suffix != ".xlsx":
        raise UserError(f"--sheet is for Excel workbooks (.xlsx); got {path}. Leave it out.")
    if suffix == ".parquet":
        table, row_N, file_hash = _read_parquet(path, form)
    elif suffix == ".xlsx":
        table, row_N, file_hash = _read_excel(path, form)
    else:
        table, row_N, file_hash = _read_text(path, names, optional, form)
    texts = texts_of(path, table, names, optional)
    filled = _filled(texts, table.num_rows)
    if filled == 0:
        raise UserError(f"{path} has no rows with cells. Add a row for each window.")
    texts = {name: text.slice(0, filled) for name, text in texts.items()}
    return texts, one_file(path, row_N[:filled]), file_hash


def texts_of(
    path: Path, table: pa.Table, names: list[str], optional: tuple[str, ...]
) -> dict[str, pa.ChunkedArray]:
    """Return the named columns of a table as text, and the optional ones that are there."""
    there = [name for name in optional if matching(name, table.column_names)]
    return {name: _texts(table, name, path) for name in (*names, *there)}


Read = tuple[pa.Table, NDArray[np.int32], FileHash]
"""A table, the row or line of each of its rows (from 1), and the hash of the file."""


def _filled(texts: dict[str, pa.ChunkedArray], rows: int) -> int:
    """Return how many rows there are up to the last one with a cell that is not empty."""
    while rows and all(text[rows - 1].as_py().strip() == "" for text in texts.values()):
        rows -= 1
    return rows


def _read_parquet(path: Path, form: Form) -> Read:
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
    if form.header:
        raise UserError(f"{path} is Parquet, which names its columns. Leave out --columns.")
    return table, np.arange(1, table.num_rows + 1, dtype=np.int32), hash_file(path)


def _read_excel(path: Path, form: Form) -> Read:
    rows, numbers = read_workbook(path, form.sheet)
    if form.header and len(rows[0]) != len(form.header):
        raise UserError(
            f"{path} has {len(rows[0])} columns; --columns names {len(form.header)}. Name every "
            "column, with - for one that is not needed."
        )
    begin = 0 if form.header else 1
    columns = list(zip(*rows[begin:], strict=True)) or [()] * len(rows[0])
    table = pa.table(
        [pa.array(column, pa.string()) for column in columns], list(form.header or rows[0])
    )
    return table, np.array(numbers[begin:], dtype=np.int32), hash_file(path)


def _read_text(path: Path, names: list[str], optional: tuple[str, ...], form: Form) -> Read:
    text, file_hash = read_file(path)
    return *parse_text(path, text, names, optional, form), file_hash


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
