"""What a study shows while it runs: one calm line that moves, or plain lines without a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rpbind.ledger import Row
from rpbind.terminal import PLAIN


class Watch:
    """Counts ended runs; `total` of them are planned. Use it as a context manager."""

    def __init__(self, total: int) -> None:
        self.console = Console(stderr=True)
        self.total, self.ended, self.bad = total, 0, 0
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.line = self.bar.add_task("runs", total=total, note="")

    def __enter__(self) -> Watch:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def epoch(self, arm: str, point: dict[str, Any]) -> None:
        """Show the latest epoch of any run."""
        if "epoch" in point:
            note = f"{arm} seed {point['seed']:.0f} epoch {point['epoch']:.0f}"
            self.bar.update(self.line, note=note)

    def row(self, row: Row) -> None:
        """Count an ended run."""
        self.ended += 1
        self.bad += row.state != "done"
        self.bar.update(self.line, advance=1)
        score = row.metrics.get("validation.auroc_macro")
        text = f"{self.ended}/{self.total} {row.arm} seed {row.seed}: {row.state}"
        text += "" if score is None else f", validation macro AUROC {score:.3f}"
        if row.state != "done" or not self.console.is_terminal:
            self.console.print(text, **PLAIN)
