"""The progress of a study, read from its folder; this works while the study runs, too."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rpbind.analysis.winners import (
    arms_without_winner,
    format_values,
    open_runs,
    required_runs,
    rows_of_other_plans,
    values_of_best,
    winner_arms,
)
from rpbind.errors import reason
from rpbind.ledger import Ledger, Plan, Row
from rpbind.ledger.calls import calls
from rpbind.ledger.marks import Mark
from rpbind.ledger.remarks import remarks
from rpbind.ledger.search_results import searches
from rpbind.ledger.trials import trials_of, was_reused
from rpbind.run.best import best_so_far
from rpbind.run.progress import state_word
from rpbind.statistics.coverage import OpenStates, open_states, state_of
from rpbind.statistics.table import planned_runs

REASONS = 5
"""How many reasons for unfinished runs are shown, most frequent first."""


@dataclass(frozen=True)
class Status:
    """The progress of a study.

    Parameters
    ----------
    study
        The name of the study.
    driven
        Whether a process is running it.
    states
        {state: number of planned runs}.
    trials
        {state: number of trials}.
    best
        The best trial, or without a search the best run, in words.
    under_way
        The runs that have begun and not ended.
    reasons
        {(state, reason): number of runs} of unfinished runs, most frequent first.
    values
        The hyperparameters of the best trial, in words.
    never
        {arm: why it was never made}.
    requested
        How many trials the searches should make.
    remarks
        What a reader must know besides, such as damaged files.
    controls
        {state: number of runs} of trained controls.
    """

    study: str
    is_running: bool
    states: dict[str, int]
    trials: dict[str, int]
    best: str
    under_way: tuple[Mark, ...]
    reasons: dict[tuple[str, str], int]
    values: str
    never_made: dict[str, str]
    requested: int
    remarks: tuple[str, ...]
    controls: dict[str, int]

    def words(self) -> list[str]:
        """Return the lines for the terminal."""
        planned = sum(self.states.values())
        lines = [f"{self.study}: {'running' if self.is_running else 'not running'}"]
        if planned:
            lines.append(f"{planned} planned runs: {_counts(self.states)}")
        if self.controls:
            lines.append(
                f"{sum(self.controls.values())} runs of trained controls: {_counts(self.controls)}"
            )
        if self.trials:
            made = sum(self.trials.values())
            share = f"{made} of {self.requested}: " if made < self.requested else ""
            lines.append(f"search trials: {share}{_counts(self.trials)}")
        lines += [f"  {n} {state}: {why}" for (state, why), n in self.reasons.items()]
        lines += [f"the arm {arm} was never made: {why}" for arm, why in self.never_made.items()]
        if self.best:
            lines.append(f"best so far: {self.best}")
        if self.values:
            lines.append(f"  with {self.values}")
        return lines + [_say(mark) for mark in self.under_way] + [*self.remarks]


def status(ledger: Ledger) -> Status:
    """Read the progress of a study; `UserError` if its folder has none, or a damaged one.

    Parameters
    ----------
    ledger
        The ledger of the study.

    Returns
    -------
    Status
        Its progress.
    """
    plan = ledger.plan
    marks = tuple(ledger.under_way())
    runs, others = planned_runs(plan, ledger.rows())
    calls(ledger.study)  # so that a damaged file is reported here, before the report is built
    search = plan.search or {}
    tried = ledger.rows("search")
    trials = trials_of(tried)
    found = searches(plan, tried)
    never_made = arms_without_winner(plan, found)
    under_way = {**open_states(plan, marks), **open_runs(never_made, plan)}
    best = best_so_far(plan, ledger)
    return Status(
        study=plan.study,
        is_running=ledger.is_driven,
        states=dict(
            Counter(state_of(run, runs.get(run), under_way) for run in required_runs(plan))
        ),
        trials=dict(sum((Counter(each.counts) for each in found), Counter[str]())),
        best=best.words(),
        under_way=marks,
        values=format_values(values_of_best(search, best.recipe)),
        never_made=never_made,
        requested=int(search.get("trials", 0)) * len(winner_arms(search)),
        controls=_controls(plan, ledger, marks),
        remarks=(*remarks(ledger), *_left_out(rows_of_other_plans(others, plan))),
        reasons=_reasons([*runs.values(), *itertools.chain(*trials.values())]),
    )


def _controls(plan: Plan, ledger: Ledger, marks: Sequence[Mark]) -> dict[str, int]:
    """Return {state: number of runs} of trained controls."""
    from rpbind.design.controls import as_arms  # imports the baselines, which are slow to import

    controls = as_arms(plan)
    runs, _ = planned_runs(controls, ledger.rows("control"))
    begun: OpenStates = {
        (mark.start.arm, mark.start.seed): "running" if mark.alive else "lost"
        for mark in marks
        if mark.start.stage == "control"
    }
    return dict(Counter(state_of(run, runs.get(run), begun) for run in controls.planned))


def _reasons(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """Return {(state, reason): number of runs} of unfinished runs, most frequent first."""
    reasons = Counter(
        (state_word(row), reason(row.error))
        for row in rows
        if row.state != "done" and row.error and not was_reused(row)
    )
    return dict(reasons.most_common(REASONS))


def _left_out(others: Sequence[Row]) -> list[str]:
    """Return a sentence about recorded runs that are not part of the plan."""
    return [f"{len(others)} recorded run(s) have other recipes, seeds or data than this plan, and "
            "do not count."] if others else []  # fmt: skip


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _say(mark: Mark) -> str:
    who = f"process {mark.start.pid} of {mark.start.host}, since {mark.start.began}"
    state = "running" if mark.alive else "lost"
    return f"  {mark.start.arm} seed {mark.start.seed} {state}: epoch {mark.epoch} ended; {who}"
