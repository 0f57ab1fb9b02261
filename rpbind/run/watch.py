"""The live view of a study: a bar and two lines, or plain lines without a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from rpbind.ledger import Row
from rpbind.ledger.trials import REPEATED
from rpbind.live import LiveProgress, is_live, stderr
from rpbind.run.progress import StudyProgress, state_word
from rpbind.verbosity import PLAIN, is_quiet


class Watch:
    """Shows the progress of a study. Use it as a context manager."""

    def __init__(self, progress: StudyProgress, console: Console | None = None) -> None:
        self.console = console or stderr()
        self.is_quiet = is_quiet()
        self.progress = progress
        self.bar = _BarAndLines(self)
        self.line = self.bar.add_task("runs", total=progress.total, completed=progress.ended)

    def __enter__(self) -> Watch:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def start_trial(self, trial: str, arm: str, seeds: Sequence[int], epochs: int) -> None:
        """Show that a Tune trial, given by its id, has begun with some seeds of an arm."""
        self.progress.start_trial(trial, arm, seeds, epochs)
        self.bar.refresh()

    def end_trial(self, trial: str) -> None:
        """Remove a Tune trial that has ended, in any way."""
        self.progress.end_trial(trial)

    def end_epoch(self, trial: str, arm: str, point: dict[str, Any]) -> None:
        """Show the last ended epoch of a run."""
        if "epoch" in point:
            self.progress.end_epoch(trial, int(point["seed"]), int(point["epoch"]))
            self.bar.refresh()

    def expect(self, runs: int) -> None:
        """Add runs that were not planned to the total."""
        self.progress.total += runs
        self.bar.update(self.line, total=self.progress.total)

    def add_row(self, row: Row) -> None:
        """Count an ended run."""
        text = self.progress.add_row(row)
        self.bar.update(self.line, completed=self.progress.ended)
        is_expected = state_word(row) in ("done", "pruned", REPEATED)
        if not is_expected or not (self.is_quiet or is_live(self.console)):
            self.console.print(text, **PLAIN)

    def words(self) -> str:
        """Return one line with counts by state, running runs and the best so far."""
        return " · ".join(self.progress.lines())


class _BarAndLines(LiveProgress):
    """The bar of a watch with lines below it; each is cut to the terminal's width by itself."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _TimeLeft(watch.progress),
            console=watch.console,
            silent=watch.is_quiet,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the bar and the lines below it."""
        yield from super().get_renderables()
        for line in self.watch.progress.lines():
            yield Text(line, style="dim", no_wrap=True, overflow="ellipsis")


class _TimeLeft(ProgressColumn):
    """The estimated remaining time."""

    def __init__(self, progress: StudyProgress) -> None:
        self.progress = progress
        super().__init__()

    def render(self, task: Task) -> Text:
        """Show hours, minutes and seconds, or dashes if the time is unknown."""
        seconds = self.progress.seconds_left()
        text = "-:--:--" if seconds is None else str(timedelta(seconds=round(seconds)))
        return Text(text, style="progress.remaining")
