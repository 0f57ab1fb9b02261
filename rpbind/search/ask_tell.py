"""One search's talk with Optuna: asked for trials, told what became of them. It knows no Ray.

The storage and the ledger are all its state: a search that is built anew from them goes on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace

from rpbind.ledger import Row
from rpbind.ledger.marks import was_started
from rpbind.search.pending import PendingTrials
from rpbind.search.sampling import make_sampler
from rpbind.search.trials import PROGRESSED, REPEATS, PendingTrial, replay_epochs, was_interrupted
from rpbind.train.run import finished_row
from rpbind.train.task import Task


class AskTellLoop(PendingTrials):
    """Asks for trials ahead of those that are told; `width` of them fit at the same time.

    Without a scheduler, a trial is told in its turn and not when it ends: where `lag` are asked and
    not told, the first of them is told before another is drawn. So what is drawn does not depend on
    which ended first, and none waits for a slow one beside it. With a scheduler, each is told at
    once.
    """

    def ask(self) -> Task | None:
        """Return the next trial's task; None where none is to be begun now."""
        self._report_ready()
        while not self.finished and self._make_room():
            before = self.left
            pending = self._suggest()
            self.pending[pending.task.arm] = pending
            pending.is_extra = pending.repeats is not None and self.left == before
            if pending.task.seeds:
                self.running[pending.task.arm] = pending
                return pending.task
            self._report_ready()
        self._report_last()
        return None

    def report(self, arm: str, point: Mapping[str, float]) -> bool:
        """Report an epoch to Optuna; True where the scheduler says that the trial is to stop."""
        pending, key = self.running[arm], self.sweep.config.first.key
        value, epoch = point.get(key, math.nan), int(point["epoch"])
        if not pending.has_progress:
            pending.has_progress = True
            pending.trial.set_user_attr(PROGRESSED, True)
        if int(point["seed"]) != pending.watched_seed or len(self.sweep.config.objectives) > 1:
            return False
        pending.curve.append(dict(point))
        if not math.isfinite(value) or epoch in pending.reported:
            return False
        pending.trial.report(value, epoch)
        last = epoch >= pending.task.recipe.train.epochs
        pending.pruned = self.prunes and not last and pending.trial.should_prune()
        return pending.pruned

    def add_row(self, row: Row) -> None:
        """Take the row of one of a trial's seeds."""
        self.running[row.arm].rows[row.seed] = row

    def finish(self, arm: str) -> None:
        """Take it that a trial has ended, however; Optuna is told of it now or in its turn.

        Whole is a trial with a finite score of every seed; all else that was not pruned has failed.
        """
        pending = self.running.pop(arm)
        if self.prunes:
            self._report(pending)
        self._report_last()

    def retry_lost(self, arm: str) -> None:
        """Begin a trial again whose process or node is gone; after too many of these it failed.

        One that had not begun, as where a process cannot even start, is not to blame.
        """
        pending = self.running.pop(arm)
        for job in pending.task.jobs:
            if job.seed not in pending.rows and (row := finished_row(job)):
                pending.rows[job.seed] = row  # it had ended, and nobody had heard of it
        begun = any(was_started(job.folder, job.run, job.attempt) for job in pending.task.jobs)
        del self.pending[arm]
        for seed, attempt in pending.task.seeds:
            if seed in pending.rows:
                self.earlier_rows[arm, seed] = pending.rows[seed]
            self.attempts[arm, seed] = attempt + 1
        self.interrupt(pending.trial.number, pending.rows, crashed=begun)

    def stop(self) -> None:
        """Tell what is under way as failed, to be begun again: the study is being stopped."""
        self._report_last()
        for arm, pending in sorted(self.pending.items()):
            if self.prunes and self.is_over(pending.rows):
                self._report(pending)
            else:
                self.interrupt(pending.trial.number, pending.rows, crashed=False)
                del self.pending[arm]
        self.running = {}

    def _suggest(self) -> PendingTrial:
        """Ask Optuna for a trial; those that were interrupted come first."""
        seed = self.sweep.seed * 100 + self.search.number
        place = self.ended + len(self.pending)
        self.study.sampler = make_sampler(self.sweep.config.sampler, self.sweep.space, seed, place)
        trial = self.study.ask()
        point = trial.user_attrs.get("point")
        name = self._free_name() if point is None else self.search.trial(point)
        arm = trial.user_attrs.get("arm", name)
        trial.set_user_attr("arm", arm)
        recipe = self.search.base.with_(self.sweep.space.suggest(trial))
        trial.set_user_attr("recipe", recipe.id)
        pending = PendingTrial(trial, replace(self.template, arm=arm, recipe=recipe))
        pending.repeats = self.tried.add(arm, recipe.id)
        if pending.repeats is None:
            self._set_up(pending)
        else:
            trial.set_user_attr(REPEATS, pending.repeats)
            if self.sweep.config.repeats == "redraw":
                self.tried.queue_replacement(self.study, arm, 100_000 * seed + place)
        return pending

    def _set_up(self, pending: PendingTrial) -> None:
        """Give a trial the seeds that it is to train with, and the rows that it has already."""
        trial, arm, seeds = pending.trial, pending.task.arm, []
        for seed in self.sweep.seeds(self.search, int(arm.rpartition("-")[2])):
            row = self.earlier_rows.get((arm, seed))
            if row is not None and not was_interrupted(row):
                pending.rows[seed] = row
            else:
                seeds.append((seed, self.attempts.get((arm, seed), 0)))
        trial.set_user_attr("attempt", min((attempt for _, attempt in seeds), default=0))
        pending.task = replace(pending.task, seeds=tuple(seeds))
        if "again" in trial.user_attrs and len(self.sweep.config.objectives) == 1:
            replay_epochs(self.study, pending, trial.user_attrs["again"], prunes=self.prunes)

    def _free_name(self) -> str:
        """The name of a new trial: the first that none has, whatever was queued in between."""
        taken = {t.user_attrs.get("arm") for t in self.study.get_trials(deepcopy=False)}
        names = (self.search.trial(number) for number in itertools.count())
        return next(name for name in names if name not in taken)
