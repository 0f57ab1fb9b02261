"""How far a study is: what has ended, what is under way, the best so far, the time that is left.

It only counts; `watch.py` shows it.
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
from rpbind.run.best import Best, best_so_far, means_of, of

MOST = 1_000
"""Waiting runs that are placed one by one when the time is foreseen; the others by their mean."""


@dataclass
class UnderWay:
    """One of Tune's trials: the seeds that it has yet to make, one after another."""

    arm: str
    seeds: list[int]
    epochs: int
    since: float
    """When the present seed was begun."""
    ends: dict[int, float] = field(default_factory=dict)
    """{epoch: when it ended} of the present seed."""

    @property
    def words(self) -> str:
        """Say what it makes: "old seed 0 epoch 3", and before the first epoch "old seed 0"."""
        first = f"{self.arm} seed {self.seeds[0]}"
        return f"{first} epoch {max(self.ends)}" if self.ends else first

    def left(self, now: float, mean: float | None) -> float | None:
        """Return the seconds that are left of it, where a run takes `mean`; None: not known.

        Two ended epochs say how long the present run takes, without the start of its process.
        """
        whole, passed = mean, now - self.since
        if len(self.ends) > 1:
            first, last = min(self.ends), max(self.ends)
            each = (self.ends[last] - self.ends[first]) / (last - first)
            whole = self.ends[last] - self.since + each * (self.epochs - last)
        if whole is None:
            return None
        return max(whole - passed, 0.0) + (mean or whole) * max(len(self.seeds) - 1, 0)


class StudyProgress:
    """Counts the runs of a study, of which there are `total`, and `done` of them from before.

    `slots` runs are made at the same time.
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
        self.under_way: dict[str, UnderWay] = {}
        self.took: dict[str, list[float]] = {}

    @classmethod
    def of(cls, ledger: Ledger, searched: int, left: int, slots: int) -> StudyProgress:
        """Return that of a study with `searched` runs of trials in all, of whose runs `left` wait.

        Its total is every run that is made for it: trials, arms, controls.
        """
        plan = ledger.plan
        total = searched + len(required_runs(plan)) + len(plan.controls) * len(plan.seeds)
        return cls(total, total - left, slots, best_so_far(plan, ledger))

    @property
    def ended(self) -> int:
        """How many runs have ended, however."""
        return self.done + self.states.total()

    def begun(self, trial: str, arm: str, seeds: Sequence[int], epochs: int) -> None:
        """Take note that one of Tune's trials, by its id, has begun with an arm's seeds."""
        self.under_way[trial] = UnderWay(arm, list(seeds), epochs, self.clock())

    def over(self, trial: str) -> None:
        """Take note that a trial has ended, however."""
        self.under_way.pop(trial, None)

    def epoch(self, trial: str, seed: int, epoch: int) -> None:
        """Take note that an epoch of a run has ended."""
        if at := self.under_way.get(trial):
            if at.seeds[:1] != [seed]:
                at.seeds = [seed, *(other for other in at.seeds if other != seed)]
                at.since, at.ends = self.clock(), {}
            at.ends[epoch] = self.clock()

    def row(self, row: Row) -> str:
        """Count an ended run; returns a line about it."""
        state = state_word(row)
        self.states[state] += 1
        self.best.add(row)
        for at in self.under_way.values():
            if at.arm == row.arm and row.seed in at.seeds:
                self.took.setdefault(row.arm, []).append(self.clock() - at.since)
                at.seeds.remove(row.seed)
                at.since, at.ends = self.clock(), {}
        return self._line(row, state)

    def seconds_left(self) -> float | None:
        """Return how long the rest takes; None before anything is known of how long a run takes.

        Each slot goes on with the next waiting run as soon as it is free.
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
        """Say what there is of each state and what is under way; a line below, the best so far."""
        told = [", ".join(f"{count} {state}" for state, count in self.states.items())]
        if running := [at.words for at in self.under_way.values() if at.seeds]:
            told.append(f"{len(running)} running: {'; '.join(running)}")
        words = self.best.words()
        below = f"best so far {words}" if words else ""
        return [line for line in (" · ".join(part for part in told if part), below) if line]

    def _line(self, row: Row, state: str) -> str:
        text = f"{self.ended}/{self.total} {row.arm} seed {row.seed}: {state}"
        if state == REPEATED:
            return f"{text}, the configuration of {row.provenance[REUSED]}: not trained again"
        if state == "done":
            objective = self.best.objective(row)
            return f"{text}, {of(objective, objective.value(row))}{means_of(objective, [row])}"
        why = reason(row.error)
        return f"{text} ({why})" if why else text

    def _mean(self, arm: str | None = None) -> float | None:
        """Return the mean seconds of an arm's ended runs; of all, where it has none yet."""
        every = [seconds for each in self.took.values() for seconds in each]
        known = self.took.get(arm or "", every)
        return sum(known) / len(known) if known else None


def state_word(row: Row) -> str:
    """Return a row's state; a trial that a scheduler stopped is told from a stopped study's."""
    if was_reused(row):
        return REPEATED
    return "pruned" if was_pruned(row) else row.state
