"""Reads named columns of a table as text: CSV, TSV, Parquet or Excel.

Shapes: N rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from rpbind.reading.header import (
    DELIMITERS,
    check_column,
    columns_of,
    lines_of_rows,
    without_separator_line,
)
from rpbind.reading.refuse import refuse_lines, shortened
from rpbind.reading.workbook import read_workbook


@dataclass(frozen=True)
class Form:
    """What a table does not say of itself.

    Parameters
    ----------
    header
        The names of its columns, if it has no header line; `-` for a column that is not needed.
    sheet
        The sheet of a workbook, if several have cells.
    """

    header: tuple[str, ...] = ()
    sheet: str | None = None


def read_columns(
    path: Path, names: list[str], optional: tuple[str, ...] = (), form: Form = Form()
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
    there = [name for name in optional if matching(name, table.column_names)]
    texts = {name: _texts(table, name, path) for name in (*names, *there)}
    filled = _filled(texts, table.num_rows)
    if filled == 0:
        raise UserError(f"{path} has no rows with cells. Add a row for each window.")
    texts = {name: text.slice(0, filled) for name, text in texts.items()}
    return texts, one_file(path, row_N[:filled]), file_hash


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
    suffix = Path(path.name.removesuffix(".gz")).suffix
    text, file_hash = read_file(path)
    if suffix.lower() not in DELIMITERS and not form.header:
        check_not_foreign(path, text, "table")
        raise UserError(
            f"{path} has the ending '{suffix}'; expected .csv, .tsv, .tab or .txt (each also with "
            ".gz), .xlsx or .parquet. Give it the ending of its format."
        )
    text, separator_line = without_separator_line(text.rstrip(b"\n") + b"\n")
    header, delimiter = columns_of(path, text, names, form.header)
    as_text = dict.fromkeys(
        (cell for name in (*names, *optional) for cell in matching(name, header)), pa.string()
    )
    block = min(max(len(text), 1), 2**31 - 1)  # one block, so that a row of any length fits
    odd: list[Any] = []

    def skip(row: Any) -> str:
        odd.append(row)
        return "skip"

    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(
                use_threads=False, block_size=block, column_names=header if form.header else None
            ),
            pa.csv.ParseOptions(
                delimiter=delimiter,
                ignore_empty_lines=False,
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            pa.csv.ConvertOptions(column_types=as_text),
        )
    except pa.ArrowException as error:
        raise UserError(
            f"{path} is not a readable table ({str(error)[:200]}). Correct it, or write it again."
        ) from None
    above = (len(separator_line) > 0) + (not form.header)  # lines that are not rows
    rows = table.num_rows + len(odd)
    line_N = lines_of_rows(separator_line + text, above + rows, delimiter)[above:]
    if odd:
        row = odd[0]
        found = (
            f"{row.actual_columns} columns; expected {row.expected_columns}, as in the first line"
        )
        line = line_N[row.number - (1 if form.header else 2)]
        refuse_lines(path, [line] * len(odd), f"{found}; got {shortened(row.text)}", _ODD)
    return table, line_N, file_hash


_ODD = "Correct the row; put a cell that contains the separator in quotation marks."


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
