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

from rpbind.analysis.search import (
    OBJECTIVES,
    REPEATED,
    REUSED,
    Objective,
    values_of,
    was_pruned,
    was_reused,
)
from rpbind.errors import reason
from rpbind.ledger import Row
from rpbind.metrics import over_clusters
from rpbind.terminal import PLAIN


class Watch:
    """Counts ended runs; `total` of them are planned. Use it as a context manager.

    `search` is what the plan says of its search.
    """

    def __init__(
        self, total: int, console: Console | None = None, search: dict[str, Any] | None = None
    ) -> None:
        self.console = console or Console(stderr=True)
        self.total = total
        self.states: Counter[str] = Counter()
        self.under_way: dict[str, str] = {}
        self.best = Best(search)
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

    def expect(self, runs: int) -> None:
        """Take it that so many more runs are made than were planned."""
        self.total += runs
        self.bar.update(self.line, total=self.total)

    def row(self, row: Row) -> None:
        """Count an ended run."""
        state = state_word(row)
        self.states[state] += 1
        self.best.add(row)
        self.bar.update(self.line, advance=1)
        text = f"{self.states.total()}/{self.total} {row.arm} seed {row.seed}: {state}"
        if state == REPEATED:
            text += f", the configuration of {row.provenance[REUSED]}: not trained again"
        elif state == "done":
            objective = self.best.objective(row)
            text += f", {of(objective, objective.value(row))}"
        elif why := reason(row.error):
            text += f" ({why})"
        if state not in ("done", "pruned", REPEATED) or not self.console.is_terminal:
            self.console.print(text, **PLAIN)

    def words(self) -> str:
        """Say in a line what there is of each state, what is under way, and the best so far."""
        told = [", ".join(f"{count} {state}" for state, count in self.states.items())]
        if self.under_way:
            told.append(f"{len(self.under_way)} running: {'; '.join(self.under_way.values())}")
        if words := self.best.words():
            told.append(f"best so far {words}")
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
    if was_reused(row):
        return REPEATED
    return "pruned" if was_pruned(row) else row.state


class Best:
    """The best trial of a search, by its first objective and the mean over its seeds.

    Of runs that are no trials, the one with the highest headline on validation.
    """

    def __init__(self, search: dict[str, Any] | None) -> None:
        said = search or {}
        self.by: str = said.get("objectives", ("auroc",))[0]
        self.seeds: int = said.get("seeds_per_trial", 1)
        self.seen: dict[str, dict[int, Row]] = {}
        self.best: tuple[float, str, float, tuple[Row, ...]] | None = None

    def objective(self, row: Row) -> Objective:
        """Return by what a row is judged."""
        return OBJECTIVES[self.by if row.stage == "search" else "auroc"]

    def add(self, row: Row) -> None:
        """Take an ended run; a trial counts when its seeds are all done. The first of equals."""
        is_trial = row.stage == "search"
        name = row.arm if is_trial else f"{row.arm} seed {row.seed}"
        seeds = self.seen.setdefault(name, {})
        seeds[row.seed] = row
        rows = tuple(seeds.values())
        by, whole = (self.by, self.seeds) if is_trial else ("auroc", 1)
        if values := values_of(rows, [by], whole):
            place = values[0] if OBJECTIVES[by].mode == "min" else -values[0]
            found = (place, name, values[0], rows)
            self.best = found if self.best is None else min(self.best, found, key=lambda b: b[:2])

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe of the best trial; empty where none is, and of runs that are no trials."""
        row = self.best[3][0] if self.best else None
        return row.recipe if row is not None and row.stage == "search" else {}

    def words(self) -> str:
        """Say it; of AUROC with its 95 % interval over protein clusters. Nothing where none is.

        As the best of many it is optimistic beyond its interval.
        """
        if self.best is None:
            return ""
        _, name, value, rows = self.best
        objective = self.objective(rows[0])
        text = name + (f", mean of {len(rows)} seeds" if len(rows) > 1 else "")
        text += f": {of(objective, value)}"
        each = tuple(s for row in rows for s in row.proteins if s.part == "validation")
        interval = over_clusters(each) if objective is OBJECTIVES["auroc"] else None
        return text + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def of(objective: Objective, value: float) -> str:
    """Say a value with what it is: "validation loss 0.512", "parameters 812,417"."""
    told = f"{value:,.1f}".removesuffix(".0") if objective.cost else f"{value:.3f}"
    return f"{objective.words} {told}"
