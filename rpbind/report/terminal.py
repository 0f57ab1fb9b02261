"""The verdict table for a terminal: what the page says, in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rpbind.analysis.compare import Comparison
from rpbind.analysis.summary import Contrast, Summary, read
from rpbind.ledger import Ledger
from rpbind.report import words
from rpbind.report.banners import banners

STYLES = {"better": "bold green", "worse": "bold red", "inconclusive": "yellow"}


def verdict_table(study: Path) -> RenderableType:
    """Return a study's banners and verdict table, to be printed by rich.

    Raises `UserError` where the folder holds no study.
    """
    summary = read(Ledger(study))
    notes = [Text(f"! {banner}", style="yellow") for banner in banners(summary)]
    searches = summary.tuned.winners if summary.tuned else ()
    notes += [Text(f"  {words.won(winner)}") for winner in searches]
    lost = [
        Text(f"  {f.arm}, seed {f.seed}: {f.state}: {words.first_line(f.error)}")
        for f in summary.failures
    ]
    tables = [table_of(summary.plan.study, summary.contrasts)] if summary.contrasts else []
    return Group(*notes, *lost, *tables, *_controls(summary), Text(words.spent(summary.cost)))


def _controls(summary: Summary) -> list[Text]:
    """What the arms have to pass, and the claims in a line each."""
    scored = [b for b in summary.controls.baselines if b.macro is not None]
    if not scored:
        return []
    best = ", ".join(f"{b.name} {words.number(b.macro)}" for b in scored[:3])
    flags = [b.name for b in scored if b.flagged]
    told = [f"controls (macro AUROC): {best}" + (f"; flagged: {', '.join(flags)}" if flags else "")]
    return [Text(line) for line in told + words.claims(summary.controls)]


def comparison_table(comparison: Comparison) -> RenderableType:
    """Return two studies' contrasts and the notes that come before any number."""
    notes = [Text(f"! {note}", style="yellow") for note in comparison.notes]
    lost = [Text(f"  {c.paired.contrast.name}: {why}") for c in comparison.contrasts
            for why in c.paired.missing]  # fmt: skip
    return Group(*notes, *lost, table_of("study 1 minus study 2", comparison.contrasts))


def table_of(title: str, contrasts: Sequence[Contrast]) -> Table:
    """Return a table of contrasts with their verdicts."""
    table = Table(
        title=Text(
            f"{title}: test macro per-protein AUROC, arm minus reference; n is paired of planned "
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
    for contrast in contrasts:
        verdict, paired = contrast.verdict, contrast.paired
        table.add_row(
            Text(paired.contrast.name),
            words.signed(verdict.mean),
            Text(words.interval(verdict)),
            words.p_value(verdict.p),
            f"{len(paired.seeds)}/{paired.planned}×{len(paired.clusters)}",
            Text(words.verdict_words(verdict), style=STYLES.get(verdict.word, "")),
        )
    return table
