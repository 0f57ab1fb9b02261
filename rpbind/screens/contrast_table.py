"""Contrasts and their verdicts as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.text import Text

from rpbind.tables import Grid
from rpbind.wording import collapses, verdicts, words

STYLES = {"better": "bold green", "worse": "bold red", "inconclusive": "yellow"}


def table_of(title: str, contrasts: Sequence[verdicts.Judged], part: str = "test") -> Grid:
    """Return a table of contrasts with their verdicts."""
    table = Grid(
        title=Text(
            f"{title}: {part} AUROC, macro over {verdicts.clusters_of(contrasts)}, arm minus "
            "reference; n: paired of planned "
            f"{words.plural(contrasts[0].unit, 2)} × protein clusters"
        ),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("contrast", overflow="fold")
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("interval (Holm)", no_wrap=True)
    table.add_column("p (Holm)", justify="right", no_wrap=True)
    table.add_column("n", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for contrast in contrasts:
        verdict, paired = contrast.verdict, contrast.paired
        table.add_row(
            Text(paired.contrast.name),
            words.signed(verdict.mean),
            Text(verdicts.interval(verdict)),
            words.p_value(verdict.p),
            f"{paired.n}/{paired.planned}×{len(paired.clusters)}",
            Text(verdicts.verdict_words(verdict), style=STYLES.get(verdict.word, "")),
        )
        _add_collapses(table, contrast)
    return table


def _add_collapses(table: Grid, contrast: verdicts.Judged) -> None:
    """Add a row for the test of equal collapse rates if it is part of the family."""
    rates, apart = contrast.verdict.rates, contrast.verdict.collapses
    if rates is not None and apart is not None:
        name = Text(f"{contrast.paired.contrast.name}: {collapses.ROW}")
        word = Text(apart.word, style=STYLES.get(apart.word, ""))
        table.add_row(name, words.ABSENT, collapses.shares(rates), words.p_value(apart.p), "", word)
