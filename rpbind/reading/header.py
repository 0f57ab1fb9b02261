"""Reads the header line of a table, and explains why a required column is missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from rpbind.errors import UserError, did_you_mean
from rpbind.names import matching
from rpbind.reading.formats import check_not_foreign

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_WORDS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars (|)", " ": "spaces"}
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


def check_header(path: Path, text: bytes, header: Sequence[str], names: Sequence[str]) -> None:
    """Check that a table has all required columns.

    Parameters
    ----------
    path
        The table, for the message.
    text
        Its content.
    header
        Its columns, split by the delimiter of the file's ending.
    names
        The required columns.

    Raises
    ------
    UserError
        If a column is missing; the message gives the cause.
    """
    if text.startswith(b"sep=") and len(text.split(b"\n", 1)[0]) == len(b"sep=;"):
        raise UserError(
            f"{path}, line 1: only Excel reads 'sep='. Remove the line; columns are separated by "
            "commas in .csv and by tabs in .tsv."
        )
    missing = [name for name in names if not matching(name, header)]
    if missing:
        _check_delimiter(path, text, header, names)
        check_not_foreign(path, text, "table")
    for name in names:
        check_column(path, name, header)


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
        advice += " If the file has one protein, add the column, with its name in every row."
    raise UserError(f"{path} has no column '{name}'; its columns are {shown}{more}.{advice}")


_OPTION = " (or give its name to `rpbind import table`: --rna-column and so on)"


def _check_delimiter(path: Path, text: bytes, header: Sequence[str], names: Sequence[str]) -> None:
    """Raise `UserError` if the table has more required columns with another delimiter."""
    here = sum(bool(matching(name, header)) for name in names)
    for delimiter, word in _WORDS.items():
        other = header_of(text, delimiter)
        if sum(bool(matching(name, other)) for name in names) > here:
            packed = ".gz" if path.suffix == ".gz" else ""
            by_ending = DELIMITERS[Path(path.name.removesuffix(".gz")).suffix]
            fits = next((end for end, mark in DELIMITERS.items() if mark == delimiter), "")
            advice = "Separate them by commas (.csv) or tabs (.tsv), with decimal points in numbers"
            if fits:
                advice = f"Name it {path.name.partition('.')[0]}{fits}{packed}"
            raise UserError(
                f"{path} has its columns separated by {word}; its ending means "
                f"{_WORDS[by_ending]}. {advice}."
            )
