"""The cells of a file of peaks: columns without a header, separated by tabs or blanks.

Shapes: N peaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.files.spill import Growing
from rpbind.reading.formats import check_not_foreign
from rpbind.reading.refuse import refuse_lines, shortened

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf|nan", re.I)
WHOLE = re.compile(r"-?\d{1,10}")
_PIECE = 8_000_000  # bytes of text that are split into cells at a time
_SKIPPED = ("#", "track", "browser")


def read_table(path: Path, text: bytes) -> PeakTable:
    """Return the cells of each line with a peak, read piece by piece.

    Parameters
    ----------
    path
        The file, for messages.
    text
        Its content.

    Returns
    -------
    PeakTable
        At least one peak.

    Raises
    ------
    UserError
        If there is none, or lines differ in their number of columns.
    """
    width, first, odd = 0, 0, []
    pieces: list[list[pa.Array]] = []
    lines = Growing()
    for rows, numbers in _pieces(text):
        if not width and rows:
            _check_first(path, text, rows[0], numbers[0])
            width, first = len(rows[0]), numbers[0]
        odd += [(n, len(row)) for row, n in zip(rows, numbers, strict=True) if len(row) != width]
        if rows and not odd:
            cells = zip(*rows, strict=True)
            pieces.append([pa.array(column, pa.string()) for column in cells])
            lines.add(np.array(numbers, dtype=np.int32))
    if odd:
        found = f"expected {width} columns as in line {first}; got {odd[0][1]}"
        refuse_lines(path, [number for number, _ in odd], found, "Correct these lines.")
    if not pieces:
        raise UserError(f"{path} has no peaks: every line is a comment. Leave this file out.")
    columns = [pa.chunked_array(list(parts)) for parts in zip(*pieces, strict=True)]
    return PeakTable(path, columns, lines.array())


def _pieces(text: bytes) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Yield cells and line numbers of some lines at a time: as lists, cells take much memory."""
    begin, number = 0, 0
    while begin < len(text):
        end = text.find(b"\n", begin + _PIECE)
        end = len(text) if end < 0 else end
        rows, numbers = [], []
        for line in text[begin:end].decode().split("\n"):
            number += 1
            if line.strip() and not line.startswith(_SKIPPED):
                rows.append(line.rstrip().split("\t") if "\t" in line else line.split())
                numbers.append(number)
        yield rows, numbers
        begin = end + 1


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
    """The cells of a file, whose columns are numbered from 1.

    Parameters
    ----------
    path
        The file.
    columns
        Its columns as text.
    line_N
        (N,) the line of each peak, from 1.
    """

    def __init__(
        self, path: Path, columns: Sequence[pa.ChunkedArray], line_N: NDArray[np.int32]
    ) -> None:
        self.path, self._columns, self.line_N = path, columns, line_N
        self.width = len(columns)

    def column(self, number: int) -> pa.ChunkedArray:
        """Return the cells of a column; `UserError` if there is none."""
        if number > self.width:
            raise UserError(
                f"{self.path} has {self.width} columns; there is no column {number}. Correct "
                "--score-column or --p-column."
            )
        return self._columns[number - 1]

    def all_match(self, number: int, pattern: re.Pattern[str]) -> bool:
        """Whether there is such a column, all of whose cells have a form."""
        return number <= self.width and all(
            all(map(pattern.fullmatch, cells)) for cells in _lists(self.column(number))
        )

    def whole(self, number: int) -> NDArray[np.int64]:
        """Return a column of whole numbers; `UserError` names the lines of other cells."""
        self._check(number, WHOLE, "a whole number")
        return self._as(number, np.int64)

    def numbers(self, number: int | None, *, is_optional: bool = False) -> NDArray[np.float64]:
        """Return a column of numbers; NaN if there is none."""
        if number is None or (is_optional and not self.all_match(number, NUMBER)):
            return np.full(len(self.line_N), np.nan)
        self._check(number, NUMBER, "a number")
        return self._as(number, np.float64)

    def _as(self, number: int, kind: type[Any]) -> NDArray[Any]:
        return np.concatenate([np.array(c, dtype=kind) for c in _lists(self.column(number))])

    def _check(self, number: int, pattern: re.Pattern[str], what: str) -> None:
        self.check(number, pattern, f"expected {what}", "Correct these lines.")

    def check(self, number: int, pattern: re.Pattern[str], expected: str, advice: str) -> None:
        """Raise `UserError` unless all cells of a column have a form; it names the lines.

        Parameters
        ----------
        number
            The column.
        pattern
            The form.
        expected
            What was expected, for the message.
        advice
            What to do.
        """
        wrong: list[int] = []
        got, begin = "", 0
        for cells in _lists(self.column(number)):
            bad = [row for row, cell in enumerate(cells) if not pattern.fullmatch(cell)]
            got = got or (shortened(cells[bad[0]]) if bad else "")
            wrong += [begin + row for row in bad]
            begin += len(cells)
        if wrong:
            found = f"{expected} in column {number}; got {got}"
            refuse_lines(self.path, self.line_N[wrong].tolist(), found, advice)


def _lists(column: pa.ChunkedArray) -> Iterator[list[str]]:
    """Yield the cells of a column piece by piece."""
    return (chunk.to_pylist() for chunk in column.chunks)
