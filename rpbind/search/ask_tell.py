"""The ask/tell loop of one search with its Optuna study, without Ray.

All its state is in Optuna's storage and the ledger: a loop that is built from them continues.
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
from rpbind.train.run_files import finished_row
from rpbind.train.task import Task


class AskTellLoop(PendingTrials):
    """Ask/tell loop over one Optuna study.

    Up to `width` trials run at once and up to 2 * `width` are pending. Without a scheduler, results
    are reported in trial order, not completion order, so suggestions are reproducible. With a
    scheduler, each result is reported at once, and up to `width` + 1 trials run: the one that does
    not fit waits for the next free process.

    Parameters
    ----------
    search
        The search.
    sweep
        The searches of the study, with the space and the configuration of sampler and scheduler.
    study
        The Optuna study of this search.
    template
        Task of a trial, without its name, recipe and seeds.
    width
        Number of trials that run at once.
    """

    def ask(self) -> Task | None:
        """Suggest the next trial that must be trained.

        Returns
        -------
        Its task, or None if no trial can start now.
        """
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
        """Report an epoch to Optuna.

        Parameters
        ----------
        arm
            Name of the trial.
        point
            The epoch's metrics, with `epoch` (from 1) and `seed`.

        Returns
        -------
        Whether the scheduler stops the trial here.
        """
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
        """Add a result of a running trial.

        Parameters
        ----------
        row
            The row of one of its seeds.
        """
        self.running[row.arm].rows[row.seed] = row

    def finish(self, arm: str) -> None:
        """Mark a trial as finished, for any reason, and report it to Optuna.

        It is reported at once with a scheduler, else in trial order. A trial without a finite score
        for every seed has failed, unless it was pruned.

        Parameters
        ----------
        arm
            Name of the trial.
        """
        pending = self.running.pop(arm)
        if self.prunes:
            self._report(pending)
        self._report_last()

    def retry_lost(self, arm: str) -> None:
        """Queue a trial again after its process or node died.

        A trial that was running at `MAX_CRASHES` crashes, without progress between them, has
        failed. Crashes before its training started do not count, because it did not cause them.

        Parameters
        ----------
        arm
            Name of the trial.
        """
        pending = self.running.pop(arm)
        for job in pending.task.jobs:
            if job.seed not in pending.rows and (row := finished_row(job)):
                pending.rows[job.seed] = row  # this seed had finished, unreported
        started = any(was_started(job.folder, job.run, job.attempt) for job in pending.task.jobs)
        del self.pending[arm]
        for seed, attempt in pending.task.seeds:
            if seed in pending.rows:
                self.earlier_rows[arm, seed] = pending.rows[seed]
            self.attempts[arm, seed] = attempt + 1
        self.interrupt(pending.trial.number, pending.rows, crashed=started)

    def stop(self) -> None:
        """Mark all pending trials as failed and queue them again, because the study stops."""
        self._report_last()
        for arm, pending in sorted(self.pending.items()):
            if self.prunes and self.is_over(pending.rows):
                self._report(pending)
            else:
                self.interrupt(pending.trial.number, pending.rows, crashed=False)
                del self.pending[arm]
        self.running = {}

    def _suggest(self) -> PendingTrial:
        """Ask Optuna for a trial; interrupted and queued ones come first."""
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
        """Give a trial the rows that it has already, and the seeds that it must still train."""
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
        """Return the first unused trial name; queued trials have names of their own."""
        taken = {t.user_attrs.get("arm") for t in self.study.get_trials(deepcopy=False)}
        names = (self.search.trial(number) for number in itertools.count())
        return next(name for name in names if name not in taken)
