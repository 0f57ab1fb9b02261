"""Finds what separates the columns of a table, reads its header, and explains missing columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError, did_you_mean
from rpbind.names import matching
from rpbind.reading.formats import check_not_foreign

DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t"}
"""What an ending stands for; if it does not fit the first line, another separator is tried."""

_WORDS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars (|)"}
_SHOWN = 12
_HEAD = 1_000_000  # a header line is at most this long (bytes)


def header_of(text: bytes, delimiter: str) -> list[str]:
    """Return the names in the first row of a table."""
    limit = csv.field_size_limit(len(text))
    try:
        lines = io.StringIO(text[:_HEAD].replace(b"\r", b"\n").decode(errors="replace"))
        return next(csv.reader(lines, delimiter=delimiter), [])
    finally:
        csv.field_size_limit(limit)


def without_separator_line(text: bytes) -> tuple[bytes, bytes]:
    """Return a table without the line `sep=;` that Excel may write first, and that line or b""."""
    line, end, rest = text.partition(b"\n")
    return (rest, line + end) if re.fullmatch(rb"sep=.", line.strip(), re.I) else (text, b"")


def columns_of(
    path: Path, text: bytes, names: Sequence[str], given: Sequence[str] = ()
) -> tuple[list[str], str]:
    """Return the columns of a table, and what separates them.

    The separator is that of the file's ending, or else the first of tab, comma, semicolon and bar
    with which the first line has all required columns.

    Parameters
    ----------
    path
        The table; its ending says which separator to expect.
    text
        Its content.
    names
        The required columns.
    given
        The names of the columns, if the table has no header line; `-` for one that is not needed.

    Returns
    -------
    tuple[list[str], str]
        The name of each column, and the separator.

    Raises
    ------
    UserError
        If a column is missing; the message gives the cause.
    """
    usual = DELIMITERS.get(Path(path.name.removesuffix(".gz")).suffix.lower(), "\t")
    splits = {mark: header_of(text, mark) for mark in dict.fromkeys((usual, *_WORDS))}
    for mark, first in splits.items():
        if given and len(first) == len(given):
            _check_no_header(path, first, given)
            return [f"-{n}" if name == "-" else name for n, name in enumerate(given)], mark
        if not given and all(matching(name, first) for name in names):
            break
    else:
        if given:
            raise UserError(
                f"{path}, line 1: {len(splits[usual])} columns separated by {_WORDS[usual]}; "
                f"--columns names {len(given)}. Name every column, with - for one that is not "
                "needed."
            )
        mark = usual
        _check_spaces(path, text, names)
        check_not_foreign(path, text, "table")
    for name in names:
        check_column(path, name, splits[mark])
    return splits[mark], mark


def lines_of_rows(text: bytes, rows: int, delimiter: str) -> NDArray[np.int32]:
    """Return the line on which each of so many rows begins, also that of a header."""
    if b"\r" not in text and text.count(b"\n") == rows:
        return np.arange(1, rows + 1, dtype=np.int32)
    limit = csv.field_size_limit(len(text))
    try:  # quoted line breaks: csv splits rows like pyarrow, and counts lines
        lines = io.StringIO(text.replace(b"\r", b"\n").decode("latin-1"))
        reader = csv.reader(lines, delimiter=delimiter)
        begins = [1, *(reader.line_num + 1 for _ in reader)]
    finally:
        csv.field_size_limit(limit)
    return np.array(begins[:rows], dtype=np.int32)


def _check_no_header(path: Path, first: Sequence[str], given: Sequence[str]) -> None:
    """Raise `UserError` if the first line of a table with given names is a header."""
    named = [name for name in given if name != "-"]
    if sum(bool(matching(name, first)) for name in named) == len(named):
        raise UserError(
            f"{path}, line 1 names the columns; --columns is for tables without a header line. "
            "Leave it out."
        )


def check_column(path: Path, name: str, header: Sequence[str]) -> None:
    """Raise `UserError` unless a table has exactly one column of this name."""
    found = matching(name, header)
    if len(found) == 1:
        return
    shown = ", ".join(column[:40] for column in header[:_SHOWN]) or "none (its first line is empty)"
    more = f" and {len(header) - _SHOWN:,} more" if len(header) > _SHOWN else ""
    if found:
        raise UserError(
            f"{path} has {len(found)} columns '{name}'; its columns are {shown}{more}. Rename all "
            "but one of them."
        )
    advice = did_you_mean(name, header) or f" Rename the right column{_OPTION}."
    if name == "protein":
        advice += (
            " If a file has one protein, `rpbind import table` takes it from the file's name: "
            "--name-pattern '{protein}.*'."
        )
    raise UserError(f"{path} has no column '{name}'; its columns are {shown}{more}.{advice}")


_OPTION = " (or give its name to `rpbind import table`: --rna-column and so on)"


def _check_spaces(path: Path, text: bytes, names: Sequence[str]) -> None:
    """Raise `UserError` if the required columns are separated by spaces."""
    first = header_of(text, " ")
    if len(names) > 1 and all(matching(name, first) for name in names):
        raise UserError(
            f"{path} has its columns separated by spaces. Separate them by commas (.csv) or tabs "
            "(.tsv)."
        )
