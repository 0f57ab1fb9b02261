"""Errors about lines of a file: the first one with its place and value, and a count of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rpbind.data.writer import Origin
from rpbind.errors import UserError

SHOWN = 40
"""Most letters of a value in a message."""


def shortened(value: str) -> str:
    """Return a value in quotation marks, cut to its first letters."""
    return repr(value if len(value) <= SHOWN else f"{value[:SHOWN]}…")


def and_more(count: int) -> str:
    """Return " (and 1,204 more)" for a count of 1,205: the first of them stands before."""
    return f" (and {count - 1:,} more)" if count > 1 else ""


def refuse_rows(origin: Origin, rows: Sequence[int] | Any, found: str, advice: str) -> None:
    """Raise `UserError` if there are wrong rows.

    Parameters
    ----------
    origin
        Where each row comes from.
    rows
        Indices of the wrong rows.
    found
        What was expected and what the first of them has.
    advice
        What to do, as a sentence.

    Raises
    ------
    UserError
        If `rows` is not empty.
    """
    if len(rows):
        place = origin.place(int(rows[0]))
        raise UserError(f"{place}: {found}{and_more(len(rows))}. {advice}")


def refuse_lines(path: Path, lines: Sequence[int], found: str, advice: str) -> None:
    """Raise `UserError` if there are wrong lines.

    Parameters
    ----------
    path
        The file.
    lines
        The wrong lines, from 1.
    found
        What was expected and what the first of them has.
    advice
        What to do, as a sentence.

    Raises
    ------
    UserError
        If `lines` is not empty.
    """
    if len(lines):
        more = f" (and {len(lines) - 1:,} more lines)" if len(lines) > 1 else ""
        raise UserError(f"{path}, line {lines[0]}{more}: {found}. {advice}")
