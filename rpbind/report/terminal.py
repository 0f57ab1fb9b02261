"""The verdict table for a terminal: what the page says, in one screen."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rpbind.analysis.summary import Summary, read
from rpbind.ledger import Ledger
from rpbind.report import words

STYLES = {"better": "bold green", "worse": "bold red", "inconclusive": "yellow"}


def verdict_table(study: Path) -> RenderableType:
    """Return a study's banners and verdict table, to be printed by rich.

    Raises `UserError` where the folder holds no study.
    """
    summary = read(Ledger(study))
    notes = [Text(f"! {banner}", style="yellow") for banner in words.banners(summary)]
    searches = summary.tuned.winners if summary.tuned else ()
    notes += [Text(f"  {words.won(winner)}") for winner in searches]
    lost = [
        Text(f"  {f.arm}, seed {f.seed}: {f.state}: {words.first_line(f.error)}")
        for f in summary.failures
    ]
    tables = [_table(summary)] if summary.contrasts else []
    return Group(*notes, *lost, *tables)


def _table(summary: Summary) -> Table:
    table = Table(
        title=Text(
            f"{summary.plan.study}: test macro per-protein AUROC, arm minus reference; n is paired "
            "seeds × protein clusters"
        ),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("contrast", overflow="fold")
    table.add_column("diff.", justify="right", no_wrap=True)
    table.add_column("interval (Holm)", no_wrap=True)
    table.add_column("p (Holm)", justify="right", no_wrap=True)
    table.add_column("n", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for contrast in summary.contrasts:
        verdict, paired = contrast.verdict, contrast.paired
        table.add_row(
            Text(paired.contrast.name),
            words.signed(verdict.mean),
            Text(words.interval(verdict)),
            words.p_value(verdict.p),
            f"{len(paired.seeds)}×{len(paired.clusters)}",
            Text(words.verdict_words(verdict), style=STYLES.get(verdict.word, "")),
        )
    return table
