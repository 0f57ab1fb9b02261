"""What a study shows while it runs: two calm lines that move, or plain lines without a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from rpbind.ledger import Row
from rpbind.ledger.trials import REPEATED
from rpbind.run.progress import StudyProgress, state_word
from rpbind.terminal import PLAIN


class Watch:
    """Shows the progress of a study. Use it as a context manager."""

    def __init__(self, progress: StudyProgress, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.progress = progress
        self.bar = _BarAndLines(self)
        self.line = self.bar.add_task("runs", total=progress.total, completed=progress.ended)

    def __enter__(self) -> Watch:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def begun(self, trial: str, arm: str, seeds: Sequence[int], epochs: int) -> None:
        """Show that one of Tune's trials, by its id, has begun with an arm's seeds."""
        self.progress.begun(trial, arm, seeds, epochs)
        self.bar.refresh()

    def over(self, trial: str) -> None:
        """Show no longer what has ended, however."""
        self.progress.over(trial)

    def epoch(self, trial: str, arm: str, point: dict[str, Any]) -> None:
        """Show how far a run has come."""
        if "epoch" in point:
            self.progress.epoch(trial, int(point["seed"]), int(point["epoch"]))
            self.bar.refresh()

    def expect(self, runs: int) -> None:
        """Take it that so many more runs are made than were planned."""
        self.progress.total += runs
        self.bar.update(self.line, total=self.progress.total)

    def row(self, row: Row) -> None:
        """Count an ended run."""
        text = self.progress.row(row)
        self.bar.update(self.line, completed=self.progress.ended)
        if state_word(row) not in ("done", "pruned", REPEATED) or not self.console.is_terminal:
            self.console.print(text, **PLAIN)

    def words(self) -> str:
        """Say in a line what there is of each state, what is under way, and the best so far."""
        return " · ".join(self.progress.lines())


class _BarAndLines(Progress):
    """The bar of a watch, and its lines below: one cut short does not take the best away."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _TimeLeft(watch.progress),
            console=watch.console,
            disable=not watch.console.is_terminal,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the bar, then what it counts, each line cut to the terminal's width."""
        yield from super().get_renderables()
        for line in self.watch.progress.lines():
            yield Text(line, style="dim", no_wrap=True, overflow="ellipsis")


class _TimeLeft(ProgressColumn):
    """The time that is left, as the study's progress foresees it."""

    def __init__(self, progress: StudyProgress) -> None:
        self.progress = progress
        super().__init__()

    def render(self, task: Task) -> Text:
        """Show hours, minutes and seconds; dashes where nothing is known yet."""
        seconds = self.progress.seconds_left()
        told = "-:--:--" if seconds is None else str(timedelta(seconds=round(seconds)))
        return Text(told, style="progress.remaining")
