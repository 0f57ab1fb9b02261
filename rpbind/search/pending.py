"""The pending trials of a search: when their results are reported to Optuna, and as what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.trial import TrialState

from rpbind.ledger import Row
from rpbind.ledger.trials import was_pruned
from rpbind.search.repeats import TriedConfigurations, Write, reused, without_ledger
from rpbind.search.search import Search, Sweep
from rpbind.search.trials import REPEATS, PendingTrial, interrupt, was_interrupted
from rpbind.train.task import Task


class PendingTrials:
    """The pending trials of one search, and counts of those that have ended.

    Without a scheduler, results are reported in trial order, not completion order, so suggestions
    are reproducible. With one, each result is reported at once.
    """

    def __init__(
        self, search: Search, sweep: Sweep, study: optuna.Study, template: Task, width: int
    ) -> None:
        self.search, self.sweep, self.study = search, sweep, study
        self.template, self.width = template, width
        self.pending: dict[str, PendingTrial] = {}
        """{name: trial that has no reported result yet}; names sort in trial order."""
        self.running: dict[str, PendingTrial] = {}
        """The pending trials that train."""
        self.earlier_rows: dict[tuple[str, int], Row] = {}
        """{(trial, seed): its latest row}, of a loop before this one or of a lost process."""
        self.attempts: dict[tuple[str, int], int] = {}
        """{(trial, seed): number of the next attempt}."""
        self.ended = 0
        """Number of trials that have ended, without interrupted ones."""
        self.repeated = 0
        """Number of ended trials that were repeats."""
        self.tried = TriedConfigurations(search, sweep)
        self.is_budget_spent: Callable[[], bool] = lambda: False
        self.write_row: Write = without_ledger
        """Writes a row of a repeat to the ledger."""

    @property
    def max_pending(self) -> int:
        """Limit of pending trials without a scheduler; a slow trial then blocks no other."""
        return 2 * self.width

    @property
    def made(self) -> int:
        """Number of ended and pending trials, without repeats if these are redrawn."""
        count = self.ended + len(self.pending)
        if self.sweep.config.repeats == "redraw":
            count -= self.repeated + sum(
                pending.repeats is not None for pending in self.pending.values()
            )
        return count

    @property
    def left(self) -> int:
        """Number of trials that are still to be suggested, if none of them is a repeat."""
        left = max(self.sweep.total - self.made, 0)
        size = self.tried.size
        return left if size is None else min(left, max(size - len(self.tried.first), 0))

    @property
    def finished(self) -> bool:
        """Whether no further trial is suggested.

        All trials are made, a budget is spent, or all configurations are tried.
        """
        return self.made >= self.sweep.total or self.tried.is_exhausted or self.is_budget_spent()

    @property
    def prunes(self) -> bool:
        """Whether a scheduler stops trials."""
        return self.sweep.config.scheduler != "none"

    def _make_room(self) -> bool:
        """Whether another trial may be suggested, after the first pending one is reported."""
        if self.prunes:
            return len(self.running) <= self.width  # one more than fits takes over a free process
        if len(self.pending) < self.max_pending:
            return True
        first = self.pending[min(self.pending)]
        if not self._is_ready(first):
            return False
        self._report(first)
        return True

    def _is_ready(self, pending: PendingTrial) -> bool:
        """Whether a trial has all its rows; a repeat needs those of the trial that it repeats."""
        if pending.repeats is None:
            return pending.task.arm not in self.running
        return self._rows_of(pending.repeats) is not None

    def _rows_of(self, arm: str) -> Mapping[int, Row] | None:
        """Return the rows of a trial that has ended, reported or not, else None."""
        if arm in self.pending and arm not in self.running:
            return self.pending[arm].rows
        return self.tried.rows.get(arm)

    def _report_ready(self) -> None:
        """With a scheduler, report every trial that has all its rows."""
        if self.prunes:
            for _, pending in sorted(self.pending.items()):
                if self._is_ready(pending):
                    self._report(pending)

    def _report_last(self) -> None:
        """Report all pending trials, in order, once the search is finished and none runs."""
        if self.finished and not self.running:
            for arm, pending in sorted(self.pending.items()):
                if self._is_ready(pending):
                    self._report(pending)
                else:  # it repeats a lost trial, and the budget is spent
                    del self.pending[arm]
                    self.interrupt(pending.trial.number, {}, crashed=False)

    def _report(self, pending: PendingTrial) -> None:
        """Report a trial's result to Optuna; a repeat's rows are written to the ledger before."""
        if pending.repeats is not None:
            pending.rows = self._reused(pending, pending.repeats)
            pending.pruned = any(map(was_pruned, pending.rows.values()))
        del self.pending[pending.task.arm]
        self.report_end(pending.trial.number, pending.rows, pruned=pending.pruned)

    def _reused(self, pending: PendingTrial, first: str) -> dict[int, Row]:
        """Return a repeat's rows, and write those that no earlier process has written."""
        arm = pending.task.arm
        seeds = self.sweep.seeds(self.search, int(arm.rpartition("-")[2]))
        rows = reused(pending.task, seeds, first, self._rows_of(first) or {})
        for seed, row in rows.items():
            if (arm, seed) not in self.earlier_rows:
                self.write_row(row)
        return rows

    def report_end(self, number: int, rows: Mapping[int, Row], *, pruned: bool) -> None:
        """Report a trial's end to Optuna, and count it."""
        values = self.sweep.config.values(list(rows.values()))
        self.count(self.study.get_trials(deepcopy=False)[number].user_attrs, rows)
        if pruned:
            self.study.tell(number, state=TrialState.PRUNED)
        elif values is None:
            self.study.tell(number, state=TrialState.FAIL)
        else:
            self.study.tell(number, values)

    def count(self, attrs: Mapping[str, Any], rows: Mapping[int, Row]) -> None:
        """Count a trial that has ended; `attrs` are its Optuna user attributes."""
        self.ended += 1
        arm = attrs.get("arm", "")
        self.tried.rows[arm] = rows
        if REPEATS in attrs:
            self.repeated += 1
        elif "recipe" in attrs:
            self.tried.add(arm, attrs["recipe"])

    def is_over(self, rows: Mapping[int, Row]) -> bool:
        """Whether these rows end a trial: it has all its scores, or one seed failed."""
        failed = any(row.state != "done" and not was_interrupted(row) for row in rows.values())
        return failed or self.sweep.config.values(list(rows.values())) is not None

    def interrupt(self, number: int, rows: Mapping[int, Row], *, crashed: bool) -> None:
        """Queue an interrupted trial again; count it as ended if it is given up."""
        attrs = self.study.get_trials(deepcopy=False)[number].user_attrs
        if interrupt(self.study, number, crashed=crashed):
            self.tried.forget(attrs.get("arm", ""))
        else:
            self.count(attrs, rows)
