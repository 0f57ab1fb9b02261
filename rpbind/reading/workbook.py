"""Reads a sheet of an Excel workbook (.xlsx) as text; openpyxl is an extra, `[excel]`."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from rpbind.errors import UserError
from rpbind.reading.formats import check_is_text
from rpbind.reading.refuse import shortened


def read_workbook(path: Path, sheet: str | None = None) -> tuple[list[list[str]], list[int]]:
    """Return the cells of a sheet as text.

    A whole number that Excel keeps as 1.0 is "1", a boolean "True" or "False", and an empty cell
    "", so that a value reads like the same value in CSV and Parquet.

    Parameters
    ----------
    path
        The workbook.
    sheet
        Name of the sheet; None if only one sheet has cells.

    Returns
    -------
    tuple[list[list[str]], list[int]]
        The cells of each row that is not empty, all rows of one width, and the rows' numbers.

    Raises
    ------
    UserError
        If openpyxl is missing, the file is no workbook, or it is unclear which sheet is meant.
    """
    with path.open("rb") as file:
        if file.read(2) != b"PK":  # an older or encrypted workbook, or another format
            file.seek(0)
            check_is_text(path, file.read(20_000))
            raise UserError(
                f"{path} is not an Excel workbook: it is text. Give it the ending .csv or .tsv."
            )
    if find_spec("openpyxl") is None:
        raise UserError(
            f"{path} is an Excel workbook, and openpyxl, which reads it, is not installed. Run pip "
            "install --editable '.[excel]' in rpbind's folder, or save the sheet as CSV (UTF-8)."
        )
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():  # of features that do not change values
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True)
            sheets = {one.title: _cells(one) for one in book.worksheets}
            book.close()
    except (BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise UserError(
            f"{path} is not a complete Excel workbook ({str(error)[:100]}). Save it again as "
            ".xlsx, or as CSV (UTF-8)."
        ) from None
    return _chosen(path, {name: cells for name, cells in sheets.items() if cells[0]}, sheet)


def _cells(sheet: Any) -> tuple[list[list[str]], list[int]]:
    sheet.reset_dimensions()  # some programs write a wrong size
    rows, numbers = [], []
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        row = [_text(value) for value in values]
        if any(row):
            rows.append(row)
            numbers.append(number)
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows], numbers


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _chosen(
    path: Path, sheets: dict[str, tuple[list[list[str]], list[int]]], sheet: str | None
) -> tuple[list[list[str]], list[int]]:
    if not sheets:
        raise UserError(f"{path} has no cells. Give the workbook with the table.")
    names = ", ".join(map(shortened, list(sheets)[:5]))
    if sheet is None and len(sheets) > 1:
        raise UserError(
            f"{path} has {len(sheets)} sheets with cells ({names}). Say which one with --sheet of "
            "`rpbind import table`, or save the sheet in a workbook of its own."
        )
    if sheet is not None and sheet not in sheets:
        raise UserError(f"{path} has no sheet {sheet!r} with cells; it has {names}.")
    return sheets[sheet or next(iter(sheets))]
