"""What a study shows while it runs: two calm lines that move, or plain lines without a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from rpbind.analysis.search import was_pruned
from rpbind.ledger import Row
from rpbind.metrics import over_clusters
from rpbind.terminal import PLAIN
from rpbind.train.run import HEADLINE


class Watch:
    """Counts ended runs; `total` of them are planned. Use it as a context manager."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.total = total
        self.states: Counter[str] = Counter()
        self.under_way: dict[str, str] = {}
        self.best: Row | None = None
        self.bar = _TwoLines(self)
        self.line = self.bar.add_task("runs", total=total)

    def __enter__(self) -> Watch:
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def begun(self, trial: str, arm: str) -> None:
        """Show that one of Tune's trials, by its id, has begun with an arm."""
        self.under_way[trial] = arm

    def over(self, trial: str) -> None:
        """Show no longer what has ended, however."""
        self.under_way.pop(trial, None)

    def epoch(self, trial: str, arm: str, point: dict[str, Any]) -> None:
        """Show how far a run has come."""
        if "epoch" in point:
            self.under_way[trial] = f"{arm} seed {point['seed']:.0f} epoch {point['epoch']:.0f}"
            self.bar.refresh()

    def row(self, row: Row) -> None:
        """Count an ended run."""
        state = state_word(row)
        self.states[state] += 1
        self.best = best([row] if self.best is None else [self.best, row])
        self.bar.update(self.line, advance=1)
        score = row.metrics.get(HEADLINE)
        text = f"{self.states.total()}/{self.total} {row.arm} seed {row.seed}: {state}"
        text += "" if score is None else f", validation macro AUROC {score:.3f}"
        if state not in ("done", "pruned") or not self.console.is_terminal:
            self.console.print(text, **PLAIN)

    def words(self) -> str:
        """Say in a line what there is of each state, what is under way, and the best so far."""
        told = [", ".join(f"{count} {state}" for state, count in self.states.items())]
        if self.under_way:
            told.append(f"{len(self.under_way)} running: {'; '.join(self.under_way.values())}")
        if self.best is not None:
            told.append(f"best so far {of_best(self.best)}")
        return " · ".join(part for part in told if part)


class _TwoLines(Progress):
    """The bar of a watch, and its words below."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=watch.console,
            disable=not watch.console.is_terminal,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the bar, then what it counts, cut to the terminal's width."""
        yield from super().get_renderables()
        yield Text(self.watch.words(), style="dim", no_wrap=True, overflow="ellipsis")


def state_word(row: Row) -> str:
    """Return a row's state; a trial that a scheduler stopped is told from a stopped study's."""
    return "pruned" if was_pruned(row) else row.state


def best(rows: Iterable[Row]) -> Row | None:
    """Return the run with the highest headline on validation; None where none is done."""
    done = [row for row in rows if row.state == "done" and HEADLINE in row.metrics]
    return max(done, key=lambda row: row.metrics[HEADLINE], default=None)


def of_best(row: Row) -> str:
    """Say a run's headline with its 95 % interval over protein clusters.

    It is the interval of one run; as the best of many it is optimistic beyond that.
    """
    told = f"{row.arm} seed {row.seed}: {row.metrics[HEADLINE]:.3f}"
    each = tuple(score for score in row.proteins if score.part == "validation")
    if (interval := over_clusters(each)) is None:
        return told
    return f"{told} [{interval[0]:.3f}, {interval[1]:.3f}]"
