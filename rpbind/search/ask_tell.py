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
from rpbind.search.sampling import sampler
from rpbind.search.trials import HEARD, REPEATS, PendingTrial, go_on, interrupted
from rpbind.train.run import kept
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
        self._close_waiting()
        while not self.finished and self._room():
            before = self.left
            asked = self._draw()
            self.open[asked.task.arm] = asked
            asked.beyond = asked.repeats is not None and self.left == before
            if asked.task.seeds:
                self.live[asked.task.arm] = asked
                return asked.task
            self._close_waiting()
        self._close_last()
        return None

    def hear(self, arm: str, point: Mapping[str, float]) -> bool:
        """Report an epoch to Optuna; True where the scheduler says that the trial is to stop."""
        asked, key = self.live[arm], self.sweep.how.first.key
        value, epoch = point.get(key, math.nan), int(point["epoch"])
        if not asked.heard:
            asked.heard = True
            asked.trial.set_user_attr(HEARD, True)
        if int(point["seed"]) != asked.watched or len(self.sweep.how.objectives) > 1:
            return False
        asked.curve.append(dict(point))
        if not math.isfinite(value) or epoch in asked.told:
            return False
        asked.trial.report(value, epoch)
        last = epoch >= asked.task.recipe.train.epochs
        asked.pruned = self.prunes and not last and asked.trial.should_prune()
        return asked.pruned

    def keep(self, row: Row) -> None:
        """Take the row of one of a trial's seeds."""
        self.live[row.arm].rows[row.seed] = row

    def tell(self, arm: str) -> None:
        """Take it that a trial has ended, however; Optuna is told of it now or in its turn.

        Whole is a trial with a finite score of every seed; all else that was not pruned has failed.
        """
        asked = self.live.pop(arm)
        if self.prunes:
            self._close(asked)
        self._close_last()

    def lose(self, arm: str) -> None:
        """Begin a trial again whose process or node is gone; after too many of these it failed.

        One that had not begun, as where a process cannot even start, is not to blame.
        """
        asked = self.live.pop(arm)
        for job in asked.task.jobs:
            if job.seed not in asked.rows and (row := kept(job)):
                asked.rows[job.seed] = row  # it had ended, and nobody had heard of it
        begun = any(was_started(job.folder, job.run, job.attempt) for job in asked.task.jobs)
        del self.open[arm]
        for seed, attempt in asked.task.seeds:
            if seed in asked.rows:
                self.before[arm, seed] = asked.rows[seed]
            self.attempts[arm, seed] = attempt + 1
        self.interrupt(asked.trial.number, asked.rows, crashed=begun)

    def stop(self) -> None:
        """Tell what is under way as failed, to be begun again: the study is being stopped."""
        self._close_last()
        for arm, asked in sorted(self.open.items()):
            if self.prunes and self.over_by(asked.rows):
                self._close(asked)
            else:
                self.interrupt(asked.trial.number, asked.rows, crashed=False)
                del self.open[arm]
        self.live = {}

    def _draw(self) -> PendingTrial:
        """Ask Optuna for a trial; those that were interrupted come first."""
        seed = self.sweep.seed * 100 + self.lane.number
        place = self.ended + len(self.open)
        self.study.sampler = sampler(self.sweep.how.sampler, self.sweep.space, seed, place)
        trial = self.study.ask()
        point = trial.user_attrs.get("point")
        name = self._free() if point is None else self.lane.trial(point)
        arm = trial.user_attrs.get("arm", name)
        trial.set_user_attr("arm", arm)
        recipe = self.lane.base.with_(self.sweep.space.suggest(trial))
        trial.set_user_attr("recipe", recipe.id)
        asked = PendingTrial(trial, replace(self.template, arm=arm, recipe=recipe))
        asked.repeats = self.tried.begin(arm, recipe.id)
        if asked.repeats is None:
            self._plan(asked)
        else:
            trial.set_user_attr(REPEATS, asked.repeats)
            if self.sweep.how.repeats == "redraw":
                self.tried.another(self.study, arm, 100_000 * seed + place)
        return asked

    def _plan(self, asked: PendingTrial) -> None:
        """Give a trial the seeds that it is to train with, and the rows that it has already."""
        trial, arm, seeds = asked.trial, asked.task.arm, []
        for seed in self.sweep.seeds(self.lane, int(arm.rpartition("-")[2])):
            row = self.before.get((arm, seed))
            if row is not None and not interrupted(row):
                asked.rows[seed] = row
            else:
                seeds.append((seed, self.attempts.get((arm, seed), 0)))
        trial.set_user_attr("attempt", min((attempt for _, attempt in seeds), default=0))
        asked.task = replace(asked.task, seeds=tuple(seeds))
        if "again" in trial.user_attrs and len(self.sweep.how.objectives) == 1:
            go_on(self.study, asked, trial.user_attrs["again"], prunes=self.prunes)

    def _free(self) -> str:
        """The name of a new trial: the first that none has, whatever was queued in between."""
        taken = {t.user_attrs.get("arm") for t in self.study.get_trials(deepcopy=False)}
        names = (self.lane.trial(number) for number in itertools.count())
        return next(name for name in names if name not in taken)
