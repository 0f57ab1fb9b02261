"""Trials that were asked for and are not reported yet: when they are, and how they end."""

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
    """The trials of one search that are under way or wait for their turn, and what has ended.

    Without a scheduler, results are reported in the order of the trials' names and not in that in
    which they end, so what is drawn does not depend on it. With one, each is reported at once.
    """

    def __init__(
        self, search: Search, sweep: Sweep, study: optuna.Study, template: Task, width: int
    ) -> None:
        self.search, self.sweep, self.study = search, sweep, study
        self.template, self.width = template, width
        self.pending: dict[str, PendingTrial] = {}
        """Trials that were asked and not told yet, by name; in the order of names they are told."""
        self.running: dict[str, PendingTrial] = {}
        """Those of them that have not ended."""
        self.earlier_rows: dict[tuple[str, int], Row] = {}
        self.attempts: dict[tuple[str, int], int] = {}
        self.ended = 0
        """Trials that have ended, but not those that an interruption ended."""
        self.repeated = 0
        """Those of them that were repeats."""
        self.tried = TriedConfigurations(search, sweep)
        self.is_budget_spent: Callable[[], bool] = lambda: False
        self.write_row: Write = without_ledger
        """Writes a repeat's rows to the ledger."""

    @property
    def max_pending(self) -> int:
        """So many trials are asked and not told at a time: twice as many as fit."""
        return 2 * self.width

    @property
    def made(self) -> int:
        """Trials that count, ended or pending: where repeats are drawn again, they do not."""
        count = self.ended + len(self.pending)
        if self.sweep.config.repeats == "redraw":
            count -= self.repeated + sum(
                pending.repeats is not None for pending in self.pending.values()
            )
        return count

    @property
    def left(self) -> int:
        """Trials that are still to be asked for, at most, if none of them is a repeat."""
        left = max(self.sweep.total - self.made, 0)
        size = self.tried.size
        return left if size is None else min(left, max(size - len(self.tried.first), 0))

    @property
    def finished(self) -> bool:
        """Whether no trial is left: all are made, a budget is spent, or all points are tried."""
        return self.made >= self.sweep.total or self.tried.is_exhausted or self.is_budget_spent()

    @property
    def prunes(self) -> bool:
        """Whether a scheduler stops trials."""
        return self.sweep.config.scheduler != "none"

    def _make_room(self) -> bool:
        """Whether another may be asked; the first of those that wait for their turn is told."""
        if self.prunes:
            return len(self.running) <= self.width  # one more than fit: its process goes on with it
        if len(self.pending) < self.max_pending:
            return True
        first = self.pending[min(self.pending)]
        if not self._is_ready(first):
            return False
        self._report(first)
        return True

    def _is_ready(self, pending: PendingTrial) -> bool:
        """Whether a trial's rows are all there; those of a repeat are the first one's."""
        if pending.repeats is None:
            return pending.task.arm not in self.running
        return self._rows_of(pending.repeats) is not None

    def _rows_of(self, arm: str) -> Mapping[int, Row] | None:
        """The rows of a trial that has ended, reported or not; None where it has not."""
        if arm in self.pending and arm not in self.running:
            return self.pending[arm].rows
        return self.tried.rows.get(arm)

    def _report_ready(self) -> None:
        """With a scheduler, report every trial whose rows are there; without, each has its turn."""
        if self.prunes:
            for _, pending in sorted(self.pending.items()):
                if self._is_ready(pending):
                    self._report(pending)

    def _report_last(self) -> None:
        """Tell all that are left, in order, where nothing more is asked and all have ended."""
        if self.finished and not self.running:
            for arm, pending in sorted(self.pending.items()):
                if self._is_ready(pending):
                    self._report(pending)
                else:  # it repeats one that was lost, and no time is left for
                    del self.pending[arm]
                    self.interrupt(pending.trial.number, {}, crashed=False)

    def _report(self, pending: PendingTrial) -> None:
        """Report the final state of a trial; a repeat's rows are written first."""
        if pending.repeats is not None:
            pending.rows = self._reused(pending, pending.repeats)
            pending.pruned = any(map(was_pruned, pending.rows.values()))
        del self.pending[pending.task.arm]
        self.report_end(pending.trial.number, pending.rows, pruned=pending.pruned)

    def _reused(self, pending: PendingTrial, first: str) -> dict[int, Row]:
        """Return a repeat's rows, and write those that a process before this one did not."""
        arm = pending.task.arm
        seeds = self.sweep.seeds(self.search, int(arm.rpartition("-")[2]))
        rows = reused(pending.task, seeds, first, self._rows_of(first) or {})
        for seed, row in rows.items():
            if (arm, seed) not in self.earlier_rows:
                self.write_row(row)
        return rows

    def report_end(self, number: int, rows: Mapping[int, Row], *, pruned: bool) -> None:
        """Report how a trial has ended to Optuna, and count it."""
        values = self.sweep.config.values(list(rows.values()))
        self.count(self.study.get_trials(deepcopy=False)[number].user_attrs, rows)
        if pruned:
            self.study.tell(number, state=TrialState.PRUNED)
        elif values is None:
            self.study.tell(number, state=TrialState.FAIL)
        else:
            self.study.tell(number, values)

    def count(self, attrs: Mapping[str, Any], rows: Mapping[int, Row]) -> None:
        """Count a trial that has ended, by Optuna's marks of it."""
        self.ended += 1
        arm = attrs.get("arm", "")
        self.tried.rows[arm] = rows
        if REPEATS in attrs:
            self.repeated += 1
        elif "recipe" in attrs:
            self.tried.add(arm, attrs["recipe"])

    def is_over(self, rows: Mapping[int, Row]) -> bool:
        """Whether a trial is over, by its rows: it is whole, or a seed of it ended badly."""
        bad = any(row.state != "done" and not was_interrupted(row) for row in rows.values())
        return bad or self.sweep.config.values(list(rows.values())) is not None

    def interrupt(self, number: int, rows: Mapping[int, Row], *, crashed: bool) -> None:
        """Queue a trial again that was under way; one that is given up has ended."""
        attrs = self.study.get_trials(deepcopy=False)[number].user_attrs
        if interrupt(self.study, number, crashed=crashed):
            self.tried.forget(attrs.get("arm", ""))
        else:
            self.count(attrs, rows)
