"""Errors about lines of a file: the first one with its place and value, and a count of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rpbind.errors import UserError

SHOWN = 40
"""Most letters of a value in a message."""


def shortened(value: str) -> str:
    """Return a value in quotation marks, cut to its first letters."""
    return repr(value if len(value) <= SHOWN else f"{value[:SHOWN]}…")


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
