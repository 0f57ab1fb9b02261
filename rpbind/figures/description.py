"""What a figure says without being seen: its name, a sentence with its numbers, its values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

Cell = str | int


@dataclass(frozen=True)
class Description:
    """The words and values of a figure, which stand beside it on the page.

    Parameters
    ----------
    name
        What the figure is called: "Learning curves".
    summary
        One sentence with its most important numbers.
    columns
        Headers of the table of its values; the first is that of the rows' names.
    rows
        One line of cells per row; numbers are given as text, rounded as readers need them.
    elsewhere
        Where the values stand, if the page has them in another table; then there are no rows.
    """

    name: str
    summary: str
    columns: tuple[str, ...] = ()
    rows: Sequence[Sequence[Cell]] = ()
    elsewhere: str = ""

    @property
    def spoken(self) -> str:
        """What a screen reader says in place of the figure."""
        return f"{self.name}: {self.summary}"

    def values(self) -> Markup:
        """Return the values as a folded table, or where they stand; all text is escaped."""
        if not self.rows:
            return Markup('<p class="values">{}</p>').format(self.elsewhere)
        return Markup(
            '<details class="values"><summary>Values of this figure</summary>'
            '<div class="scroll" tabindex="0" role="region" aria-label="{name}: values">'
            '<table data-name="{file}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
            "</div></details>"
        ).format(
            name=self.name,
            file=file_name(self.name),
            head=Markup("").join(_heads(self.columns)),
            body=Markup("\n").join(map(_line, self.rows)),
        )


def file_name(name: str) -> str:
    """Return the name of the table of a figure's values, and of the file it is saved as."""
    return name.lower().replace(" ", "-")


def _heads(columns: Sequence[str]) -> Iterator[Markup]:
    for place, column in enumerate(columns):
        yield Markup('<th scope="col"{}>{}</th>').format(
            Markup(' class="n"') if place else "", column
        )


def _line(row: Sequence[Cell]) -> Markup:
    cells = Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row[1:])
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(row[0], cells)
