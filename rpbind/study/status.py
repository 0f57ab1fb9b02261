"""Where a study stands, from its folder alone: another shell may ask while it runs."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

from rpbind.analysis.coverage import opened, state_of
from rpbind.analysis.search import outcome, trials_of
from rpbind.analysis.table import planned_runs
from rpbind.ledger import Ledger
from rpbind.ledger.marks import Mark
from rpbind.study.watch import Best


@dataclass(frozen=True)
class Status:
    """What a study has reached: planned runs and trials by state, the best, and who makes it.

    Where there are trials, the best is one of them.
    """

    study: str
    driven: bool
    states: dict[str, int]
    trials: dict[str, int]
    best: str
    under_way: tuple[Mark, ...]

    def words(self) -> list[str]:
        """Say it in lines."""
        planned = sum(self.states.values())
        lines = [f"{self.study}: {'running' if self.driven else 'nobody runs it'}"]
        if planned:
            lines.append(f"{planned} planned runs: {_counts(self.states)}")
        if self.trials:
            lines.append(f"search trials: {_counts(self.trials)}")
        if self.best:
            lines.append(f"best so far: {self.best}")
        return lines + [_say(mark) for mark in self.under_way]


def status(ledger: Ledger) -> Status:
    """Return where a study stands; raises `UserError` where the folder holds none."""
    plan = ledger.plan
    marks = tuple(ledger.under_way())
    runs, _ = planned_runs(plan, ledger.rows())
    under_way = opened(plan, marks)
    trials = trials_of(ledger.rows("search"))
    best = Best(plan.search)
    for row in itertools.chain(*trials.values()) if trials else runs.values():
        best.add(row)
    return Status(
        study=plan.study,
        driven=ledger.is_driven,
        states=dict(Counter(state_of(run, runs.get(run), under_way) for run in plan.planned)),
        trials=dict(Counter(outcome(rows, best.seeds) for rows in trials.values())),
        best=best.words(),
        under_way=marks,
    )


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _say(mark: Mark) -> str:
    who = f"process {mark.begun.pid} of {mark.begun.host}, since {mark.begun.began}"
    state = "running" if mark.alive else "lost"
    return f"  {mark.begun.arm} seed {mark.begun.seed} {state}: epoch {mark.epoch} ended; {who}"
