"""Progress of a study: ended and running runs, the best so far, and the remaining time.

This module only counts; `watch.py` shows it.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rpbind.analysis.winners import required_runs
from rpbind.errors import reason
from rpbind.ledger import Ledger, Row
from rpbind.ledger.trials import REPEATED, REUSED, was_pruned, was_reused
from rpbind.run.best import Best, best_so_far, means_of, score_text

MOST = 1_000
"""Waiting runs that the time estimate places one by one; the others count by their mean."""


@dataclass
class RunningTrial:
    """A running Tune trial, with the seeds that it has yet to train, one after another."""

    arm: str
    seeds: list[int]
    epochs: int
    since: float
    """When the current seed began."""
    ends: dict[int, float] = field(default_factory=dict)
    """{epoch: when it ended} of the current seed."""

    @property
    def words(self) -> str:
        """Its current run: "old seed 0 epoch 3", or "old seed 0" before the first epoch ends."""
        first = f"{self.arm} seed {self.seeds[0]}"
        return f"{first} epoch {max(self.ends)}" if self.ends else first

    def left(self, now: float, mean: float | None) -> float | None:
        """Return its remaining seconds if a run takes `mean` seconds; None if unknown.

        From two ended epochs on, the current run's own epochs are used, without its start-up time.
        """
        run_seconds, passed = mean, now - self.since
        if len(self.ends) > 1:
            first, last = min(self.ends), max(self.ends)
            each = (self.ends[last] - self.ends[first]) / (last - first)
            run_seconds = self.ends[last] - self.since + each * (self.epochs - last)
        if run_seconds is None:
            return None
        return max(run_seconds - passed, 0.0) + (mean or run_seconds) * max(len(self.seeds) - 1, 0)


class StudyProgress:
    """Counts the runs of a study.

    Parameters
    ----------
    total
        The number of all runs.
    done
        How many of them ended before this call.
    slots
        How many runs are trained at the same time.
    best
        The best so far.
    clock
        Returns the time in seconds.
    """

    def __init__(
        self,
        total: int,
        done: int = 0,
        slots: int = 1,
        best: Best | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.done, self.slots, self.clock = total, done, slots, clock
        self.best = best or Best()
        self.states: Counter[str] = Counter()
        self.under_way: dict[str, RunningTrial] = {}
        self.durations: dict[str, list[float]] = {}

    @classmethod
    def of(cls, ledger: Ledger, searched: int, left: int, slots: int) -> StudyProgress:
        """Return the progress of a study that has `searched` runs of trials, and `left` runs to go.

        Its total counts the runs of trials, arms and trained controls.
        """
        plan = ledger.plan
        total = searched + len(required_runs(plan)) + len(plan.controls) * len(plan.seeds)
        return cls(total, total - left, slots, best_so_far(plan, ledger))

    @property
    def ended(self) -> int:
        """How many runs have ended, in any state."""
        return self.done + self.states.total()

    def start_trial(self, trial: str, arm: str, seeds: Sequence[int], epochs: int) -> None:
        """Record that a Tune trial, given by its id, has begun with some seeds of an arm."""
        self.under_way[trial] = RunningTrial(arm, list(seeds), epochs, self.clock())

    def end_trial(self, trial: str) -> None:
        """Record that a Tune trial has ended, in any way."""
        self.under_way.pop(trial, None)

    def end_epoch(self, trial: str, seed: int, epoch: int) -> None:
        """Record that an epoch of a run has ended."""
        if at := self.under_way.get(trial):
            if at.seeds[:1] != [seed]:
                at.seeds = [seed, *(other for other in at.seeds if other != seed)]
                at.since, at.ends = self.clock(), {}
            at.ends[epoch] = self.clock()

    def add_row(self, row: Row) -> str:
        """Count an ended run, and return a line about it."""
        state = state_word(row)
        self.states[state] += 1
        self.best.add(row)
        for at in self.under_way.values():
            if at.arm == row.arm and row.seed in at.seeds:
                self.durations.setdefault(row.arm, []).append(self.clock() - at.since)
                at.seeds.remove(row.seed)
                at.since, at.ends = self.clock(), {}
        return self._line(row, state)

    def seconds_left(self) -> float | None:
        """Return the estimated remaining seconds; None before the time of any run is known.

        The estimate assigns each waiting run to the slot that is free first.
        """
        now, mean = self.clock(), self._mean()
        chains = [at.left(now, self._mean(at.arm)) for at in self.under_way.values() if at.seeds]
        known = [seconds for seconds in chains if seconds is not None]
        making = sum(len(at.seeds) for at in self.under_way.values())
        waiting = max(self.total - self.ended - making, 0)
        if mean is None:
            mean = max(known, default=None)
        if mean is None or len(known) < len(chains):
            return 0.0 if self.ended >= self.total else None
        slots = known + [0.0] * max(self.slots - len(known), 0)
        heapq.heapify(slots)
        more = max(waiting - MOST, 0) * mean / len(slots) if slots else 0.0
        for _ in range(min(waiting, MOST)):
            heapq.heapreplace(slots, slots[0] + mean)
        return max(slots, default=0.0) + more

    def lines(self) -> list[str]:
        """Return one line with counts by state and running runs, and one with the best so far."""
        counts = [", ".join(f"{count} {state}" for state, count in self.states.items())]
        if running := [at.words for at in self.under_way.values() if at.seeds]:
            counts.append(f"{len(running)} running: {'; '.join(running)}")
        words = self.best.words()
        below = f"best so far {words}" if words else ""
        return [line for line in (" · ".join(part for part in counts if part), below) if line]

    def _line(self, row: Row, state: str) -> str:
        text = f"{self.ended}/{self.total} {row.arm} seed {row.seed}: {state}"
        if state == REPEATED:
            return f"{text}, the configuration of {row.provenance[REUSED]}: not trained again"
        if state == "done":
            objective = self.best.objective(row)
            return (
                f"{text}, {score_text(objective, objective.value(row))}{means_of(objective, [row])}"
            )
        why = reason(row.error)
        return f"{text} ({why})" if why else text

    def _mean(self, arm: str | None = None) -> float | None:
        """Return the mean seconds of an arm's ended runs, or of all runs if it has none yet."""
        every = [seconds for each in self.durations.values() for seconds in each]
        known = self.durations.get(arm or "", every)
        return sum(known) / len(known) if known else None


def state_word(row: Row) -> str:
    """Return the state of a row for messages; "pruned" and "repeat" are states of their own.

    Parameters
    ----------
    row
        The row of an ended run.

    Returns
    -------
    str
        The state.
    """
    if was_reused(row):
        return REPEATED
    return "pruned" if was_pruned(row) else row.state
