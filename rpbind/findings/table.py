"""A named table of plain values, and the four forms in which it leaves the program."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from rpbind.ledger.records import Record

_FORMULA = re.compile(r"[=@]|[+-].*[(|!]")

Cell = str | bool | int | float | None
"""A value of a table; None where there is none."""


class Column(Record):
    """One column of a table.

    Parameters
    ----------
    name
        Its name, which is also the key in a record and the header in CSV.
    about
        What it holds.
    unit
        Its unit, such as "AUROC" or "s"; "" for text and plain counts.
    """

    name: str
    about: str
    unit: str = ""


class Table(Record):
    """One table of a report as data.

    Parameters
    ----------
    name
        Its name, which no other table of the report has.
    title
        What it shows, in a sentence.
    columns
        Its columns.
    rows
        Its rows, with a value for each column.
    """

    name: str = Field(description="its name, which no other table has")
    title: str = Field(description="what it shows")
    columns: tuple[Column, ...] = Field(description="its columns, with their units")
    rows: tuple[tuple[Cell, ...], ...] = Field(description="a value for each column")

    @property
    def header(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows as mappings.

        Returns
        -------
        list of dict
            {column: value} of each row.
        """
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


def table(
    name: str, title: str, columns: Sequence[tuple[str, ...]], rows: Iterable[Sequence[Any]]
) -> Table:
    """Return a table of plain values.

    Parameters
    ----------
    name, title
        As of `Table`.
    columns
        (name, what it holds) or (name, what it holds, unit) of each column.
    rows
        The values; a number that is not finite becomes None.

    Returns
    -------
    Table
        The table.
    """
    made = tuple(Column(name=c[0], about=c[1], unit=c[2] if len(c) > 2 else "") for c in columns)
    plain = tuple(tuple(_plain(value) for value in row) for row in rows)
    return Table.model_construct(name=name, title=title, columns=made, rows=plain)


def _plain(value: Any) -> Cell:
    """Return a value that JSON has; NumPy's numbers become Python's."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int) else str(value)


def to_csv(one: Table) -> str:
    """Return a table as CSV with a header; numbers have all their digits, None is empty.

    Text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(one.header)
    writer.writerows([[_csv_cell(cell) for cell in row] for row in one.rows])
    return text.getvalue()


def _csv_cell(cell: Cell) -> Cell:
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return "" if cell is None else cell


def to_markdown(one: Table) -> str:
    """Return a table in Markdown, with numbers rounded to four digits."""
    right = _is_number_column(one)
    lines = [
        _line(one.header),
        "|" + "|".join("---:" if is_right else "---" for is_right in right) + "|",
        *(_line([shown(cell) for cell in row]) for row in one.rows),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_markdown_text, cells)) + " |"


def _markdown_text(text: str) -> str:
    """Escape what would end a cell, begin an element of HTML or begin emphasis."""
    for sign in ("\\", "|", "*", "`", "["):
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").split())


_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "×": r"$\times$", "±": r"$\pm$", "−": r"$-$",
    "–": "--", "Δ": r"$\Delta$", "≤": r"$\leq$", "≥": r"$\geq$", "→": r"$\rightarrow$",
}  # fmt: skip


def latex_text(text: str) -> str:
    """Return text in which no character is a command of LaTeX."""
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))


def to_latex(one: Table) -> str:
    """Return a table in LaTeX (packages booktabs and longtable), with numbers of four digits."""
    columns = "".join("r" if is_right else "l" for is_right in _is_number_column(one))
    lines = [
        rf"\begin{{longtable}}{{{columns}}}",
        rf"\caption{{{latex_text(one.title)}}}\\",
        r"\toprule",
        " & ".join(map(latex_text, one.header)) + r" \\",
        r"\midrule\endhead",
        *(" & ".join(_latex_number(cell) for cell in row) + r" \\" for row in one.rows),
        r"\bottomrule",
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def _latex_number(cell: Cell) -> str:
    text = shown(cell)
    is_negative = isinstance(cell, int | float) and text.startswith("-")
    return f"${text}$" if is_negative else latex_text(text)


def shown(cell: Cell) -> str:
    """Return a value as a reader sees it: four digits of a fraction, "" where there is none."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        small = cell != 0.0 and abs(cell) < 1e-3
        return f"{cell:.4g}" if small or abs(cell) >= 1e4 else f"{cell:.4f}"
    return str(cell)


def _is_number_column(one: Table) -> list[bool]:
    """Whether each column has numbers and nothing else."""
    found = []
    for place in range(len(one.columns)):
        cells = [row[place] for row in one.rows if row[place] is not None]
        numbers = all(isinstance(c, int | float) and not isinstance(c, bool) for c in cells)
        found.append(bool(cells) and numbers)
    return found
