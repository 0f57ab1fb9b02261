"""Parses the text of a table: its header, its rows, and their lines. Shapes: N rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.names import matching
from rpbind.reading.formats import TABLES, check_not_foreign
from rpbind.reading.header import DELIMITERS, columns_of, lines_of_rows, without_separator_line
from rpbind.reading.refuse import refuse_lines, shortened


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


PLAIN = Form()


def parse_text(
    path: Path, text: bytes, names: list[str], optional: tuple[str, ...], form: Form
) -> tuple[pa.Table, NDArray[np.int32]]:
    """Parse a table in text, which begins with its header if `form` has none.

    Parameters
    ----------
    path
        The file, for messages.
    text
        The text, see `rpbind.reading.text.plain_text`.
    names, optional, form
        As for `read_columns`.

    Returns
    -------
    tuple[pyarrow.Table, NDArray[np.int32]]
        The table, and (N,) the line of the text on which each row begins, from 1.

    Raises
    ------
    UserError
        If it cannot be parsed, or lacks a column.
    """
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix.lower() not in DELIMITERS and not form.header:
        check_not_foreign(path, text, "table")
        raise UserError(
            f"{path} has the ending '{suffix}'; expected {TABLES}. "
            "Give it the ending of its format."
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
    return table, line_N


_ODD = "Correct the row; put a cell that contains the separator in quotation marks."
