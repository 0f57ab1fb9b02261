"""The cells of a file of peaks: columns without a header, separated by tabs or blanks.

Shapes: N peaks.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.reading.formats import check_not_foreign
from rpbind.reading.refuse import refuse_lines, shortened

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf|nan", re.I)
WHOLE = re.compile(r"-?\d{1,10}")
_SKIPPED = ("#", "track", "browser")


def rows_of(path: Path, text: bytes) -> tuple[list[list[str]], list[int]]:
    """Return the cells of each line with a peak, and the numbers of these lines."""
    rows, lines = [], []
    for number, line in enumerate(text.decode().split("\n"), 1):
        if not line.strip() or line.startswith(_SKIPPED):
            continue
        rows.append(line.rstrip().split("\t") if "\t" in line else line.split())
        lines.append(number)
    if not rows:
        raise UserError(f"{path} has no peaks: every line is a comment. Leave this file out.")
    _check_first(path, text, rows[0], lines[0])
    width = len(rows[0])
    odd = [line for row, line in zip(rows, lines, strict=True) if len(row) != width]
    if odd:
        got = len(rows[lines.index(odd[0])])
        found = f"expected {width} columns as in line {lines[0]}; got {got}"
        refuse_lines(path, odd, found, "Correct these lines.")
    return rows, lines


def _check_first(path: Path, text: bytes, row: list[str], line: int) -> None:
    if len(row) >= 3 and WHOLE.fullmatch(row[1]) and WHOLE.fullmatch(row[2]):
        return
    try:
        check_not_foreign(path, text, "table")  # names the format, where it is none of peaks
    except UserError as error:
        if "genome coordinates" not in str(error):
            raise
    raise UserError(
        f"{path}, line {line}: expected a chromosome, a start and an end (BED); got "
        f"{shortened(' '.join(row))}. Put # before a line that only names the columns."
    )


class PeakTable:
    """The cells of a file, whose columns are numbered from 1."""

    def __init__(self, path: Path, rows: list[list[str]], lines: list[int]) -> None:
        self.path, self.rows, self.lines = path, rows, lines
        self.width = len(rows[0])

    def column(self, number: int) -> list[str]:
        """Return the cells of a column; `UserError` if there is none."""
        if number > self.width:
            raise UserError(
                f"{self.path} has {self.width} columns; there is no column {number}. Correct "
                "--score-column or --p-column."
            )
        return [row[number - 1] for row in self.rows]

    def all_match(self, number: int, pattern: re.Pattern[str]) -> bool:
        """Whether there is such a column, all of whose cells have a form."""
        return number <= self.width and all(map(pattern.fullmatch, self.column(number)))

    def whole(self, number: int) -> NDArray[np.int64]:
        """Return a column of whole numbers; `UserError` names the lines of other cells."""
        cells = self.column(number)
        self._check(cells, number, WHOLE, "a whole number")
        return np.array(cells, dtype=np.int64)

    def numbers(self, number: int | None, *, is_optional: bool = False) -> NDArray[np.float64]:
        """Return a column of numbers; NaN if there is none."""
        if number is None or (is_optional and not self.all_match(number, NUMBER)):
            return np.full(len(self.rows), np.nan)
        cells = self.column(number)
        self._check(cells, number, NUMBER, "a number")
        return np.array(cells, dtype=np.float64)

    def _check(self, cells: list[str], number: int, pattern: re.Pattern[str], what: str) -> None:
        wrong = [row for row, cell in enumerate(cells) if not pattern.fullmatch(cell)]
        if wrong:
            found = f"expected {what} in column {number}; got {shortened(cells[wrong[0]])}"
            refuse_lines(
                self.path, [self.lines[row] for row in wrong], found, "Correct these lines."
            )
