"""Where a study stands, from its folder alone: another shell may ask while it runs."""

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
"""So many reasons why runs are not done are shown, the most frequent ones."""


@dataclass(frozen=True)
class Status:
    """What a study has reached: planned runs and trials by state, the best, and who makes it.

    Where there are trials, the best is one of them, and `values` are what it was given of the
    space. `reasons` says why runs are not done, `never` {arm: why it was never made}, `asked`
    how many trials the searches were to make, `remarks` what a reader must know beside it.
    """

    study: str
    driven: bool
    states: dict[str, int]
    trials: dict[str, int]
    best: str
    under_way: tuple[Mark, ...]
    reasons: dict[tuple[str, str], int]
    values: str
    never: dict[str, str]
    asked: int
    remarks: tuple[str, ...]
    controls: dict[str, int]

    def words(self) -> list[str]:
        """Say it in lines."""
        planned = sum(self.states.values())
        lines = [f"{self.study}: {'running' if self.driven else 'nobody runs it'}"]
        if planned:
            lines.append(f"{planned} planned runs: {_counts(self.states)}")
        if self.controls:
            lines.append(
                f"{sum(self.controls.values())} runs of controls: {_counts(self.controls)}"
            )
        if self.trials:
            made = sum(self.trials.values())
            of_asked = f"{made} of {self.asked}: " if made < self.asked else ""
            lines.append(f"search trials: {of_asked}{_counts(self.trials)}")
        lines += [f"  {n} {state}: {why}" for (state, why), n in self.reasons.items()]
        lines += [f"the arm {arm} was never made: {why}" for arm, why in self.never.items()]
        if self.best:
            lines.append(f"best so far: {self.best}")
        if self.values:
            lines.append(f"  with {self.values}")
        return lines + [_say(mark) for mark in self.under_way] + [*self.remarks]


def status(ledger: Ledger) -> Status:
    """Return where a study stands; raises `UserError` where the folder holds none."""
    plan = ledger.plan
    marks = tuple(ledger.under_way())
    runs, others = planned_runs(plan, ledger.rows())
    calls(ledger.study)  # so that a damaged list is found here, and not by the report
    said = plan.search or {}
    tried = ledger.rows("search")
    trials = trials_of(tried)
    found = searches(plan, tried)
    never = arms_without_winner(plan, found)
    under_way = {**open_states(plan, marks), **open_runs(never, plan)}
    best = best_so_far(plan, ledger)
    return Status(
        study=plan.study,
        driven=ledger.is_driven,
        states=dict(
            Counter(state_of(run, runs.get(run), under_way) for run in required_runs(plan))
        ),
        trials=dict(sum((Counter(search.counts) for search in found), Counter[str]())),
        best=best.words(),
        under_way=marks,
        values=format_values(values_of_best(said, best.recipe)),
        never=never,
        asked=int(said.get("trials", 0)) * len(winner_arms(said)),
        controls=_controls(plan, ledger, marks),
        remarks=(*remarks(ledger), *_left_out(rows_of_other_plans(others, plan))),
        reasons=_reasons([*runs.values(), *itertools.chain(*trials.values())]),
    )


def _controls(plan: Plan, ledger: Ledger, marks: Sequence[Mark]) -> dict[str, int]:
    """Return the runs of the controls that are trained, by state."""
    from rpbind.design.controls import as_arms  # and the baselines, which the CLI does without

    controls = as_arms(plan)
    runs, _ = planned_runs(controls, ledger.rows("control"))
    begun: OpenStates = {
        (mark.start.arm, mark.start.seed): "running" if mark.alive else "lost"
        for mark in marks
        if mark.start.stage == "control"
    }
    return dict(Counter(state_of(run, runs.get(run), begun) for run in controls.planned))


def _reasons(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """Return {(state, why): runs} of the runs that are not done, the most frequent first."""
    told = Counter(
        (state_word(row), reason(row.error))
        for row in rows
        if row.state != "done" and row.error and not was_reused(row)
    )
    return dict(told.most_common(REASONS))


def _left_out(others: Sequence[Row]) -> list[str]:
    """Say how many recorded runs are not the plan's."""
    return [f"{len(others)} recorded run(s) are not of this plan's recipes, seeds or data, and do "
            "not count."] if others else []  # fmt: skip


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _say(mark: Mark) -> str:
    who = f"process {mark.start.pid} of {mark.start.host}, since {mark.start.began}"
    state = "running" if mark.alive else "lost"
    return f"  {mark.start.arm} seed {mark.start.seed} {state}: epoch {mark.epoch} ended; {who}"
