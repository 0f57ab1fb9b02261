"""Tables in a terminal, which truncate neither names nor numbers."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

FOLDED = 16
"""A table's column of names is at least this wide, if its names are; longer names are wrapped."""
WIDE = 10_000
"""More columns than any terminal has."""


class Grid(Table):
    """A table that truncates nothing: left-aligned cells wrap.

    If the table still does not fit, it loses its lines, and then its rows are shown as a list.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the table within the terminal's width, or as a list of each row's cells."""
        for column in self.columns:
            column.width, column.overflow = None, "fold"
        least = [_narrowest(console, column) for column in self.columns]
        for column in self.columns:
            column.no_wrap = False  # each cell that must not wrap has its width: only headers wrap
        most = [_longest(console, column.cells, column.header) for column in self.columns]
        spare = self._spare(console, options, least, most)
        if spare < 0:  # without its lines, the table is narrower
            self.box, self.padding, self.pad_edge = SIMPLE_HEAD, 0, False
            spare = self._spare(console, options, least, most)
        if spare < 0:
            yield self._as_list()
            return
        for column, width, wanted in zip(self.columns, least, most, strict=True):
            more = min(spare, wanted - width)
            column.width, spare = width + more, spare - more
        yield from super().__rich_console__(console, options)

    def _spare(
        self, console: Console, options: ConsoleOptions, least: list[int], most: list[int]
    ) -> int:
        """Return how many columns are left if each column has its least width."""
        whole = Measurement.get(console, options.update(max_width=WIDE), self).maximum
        return options.max_width - (whole - sum(most)) - sum(least)

    def _as_list(self) -> Group:
        lines: list[RenderableType] = [self.title] if self.title else []
        for first, *others in zip(*(column.cells for column in self.columns), strict=True):
            lines.append(first)
            for column, cell in zip(self.columns[1:], others, strict=True):
                lines.append(Text.assemble("  ", str(column.header), ": ", as_text(cell)))
        return Group(*lines, *([self.caption] if self.caption else []))


def as_text(cell: RenderableType) -> Text:
    """Return a table's cell as text; a string is taken without markup."""
    return cell if isinstance(cell, Text) else Text(str(cell))


def _longest(console: Console, cells: Iterable[RenderableType], *more: RenderableType) -> int:
    return max(console.measure(as_text(cell)).maximum for cell in (*cells, *more))


def _narrowest(console: Console, column: Column) -> int:
    """Return the smallest width at which a column is readable.

    The header may wrap between words and names may wrap anywhere, but numbers may not wrap.
    """
    header = console.measure(as_text(column.header)).minimum
    if column.justify == "right" or column.no_wrap:
        return max(header, _longest(console, column.cells, ""))
    words = [console.measure(as_text(cell)).minimum for cell in column.cells]
    return max(header, min(max(words, default=0), FOLDED))
