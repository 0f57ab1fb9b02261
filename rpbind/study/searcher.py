"""One search's talk with Optuna: asked for trials, told what became of them. It knows no Ray.

The storage and the ledger are all its state: a search that is built anew from them goes on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import optuna
from optuna.trial import FrozenTrial, TrialState

from rpbind.analysis.search import was_pruned
from rpbind.ledger import Row
from rpbind.ledger.marks import was_begun
from rpbind.study.sampling import sampler
from rpbind.study.search import Lane, Sweep
from rpbind.study.trials import (
    HEARD,
    INTERRUPTED,
    Asked,
    interrupt,
    interrupted,
    queued_again,
    restore,
    trial_of,
)
from rpbind.train.run import kept
from rpbind.train.task import Task

ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class Search:
    """Asks for trials ahead of those that are told; `width` of them fit at the same time.

    Without a scheduler, a trial is told in its turn and not when it ends: where `lag` are asked and
    not told, the first of them is told before another is drawn. So what is drawn does not depend on
    which ended first, and none waits for a slow one beside it. With a scheduler, each is told at
    once.
    """

    def __init__(
        self, lane: Lane, sweep: Sweep, study: optuna.Study, template: Task, width: int
    ) -> None:
        self.lane, self.sweep, self.study = lane, sweep, study
        self.template, self.width = template, width
        self.open: dict[str, Asked] = {}
        """Trials that were asked and not told yet, by name; in the order of names they are told."""
        self.live: dict[str, Asked] = {}
        """Those of them that have not ended."""
        self.before: dict[tuple[str, int], Row] = {}
        self.attempts: dict[tuple[str, int], int] = {}
        self.ended = 0
        """Trials that count: all that have ended, but not those that an interruption ended."""
        self.over: Callable[[], bool] = lambda: False

    @property
    def lag(self) -> int:
        """So many trials are asked and not told at a time: twice as many as fit."""
        return 2 * self.width

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be asked: all trials are made, or a budget is spent."""
        return self.ended + len(self.open) >= self.sweep.total or self.over()

    @property
    def prunes(self) -> bool:
        """Whether a scheduler stops trials."""
        return self.sweep.how.scheduler != "none"

    def ask(self) -> Task | None:
        """Return the next trial's task; None where none is to be begun now."""
        while not self.finished and self._room():
            asked = self._draw()
            self.open[asked.task.arm] = asked
            if asked.task.seeds:
                self.live[asked.task.arm] = asked
                return asked.task
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
        begun = any(was_begun(job.folder, job.run, job.attempt) for job in asked.task.jobs)
        del self.open[arm]
        for seed, attempt in asked.task.seeds:
            if seed in asked.rows:
                self.before[arm, seed] = asked.rows[seed]
            self.attempts[arm, seed] = attempt + 1
        self._interrupt(asked.trial.number, crashed=begun)

    def stop(self) -> None:
        """Tell what is under way as failed, to be begun again: the study is being stopped."""
        self._close_last()
        for arm, asked in sorted(self.open.items()):
            if self.prunes and self._over(asked.rows):
                self._close(asked)
            else:
                self._interrupt(asked.trial.number, crashed=False)
                del self.open[arm]
        self.live = {}

    def agree(self, rows: list[Row]) -> None:
        """Make the storage say what the ledger says, and queue the points that are always made.

        What a dead process left running is told from its rows, or failed and queued again; trials
        of which only the ledger knows are added.
        """
        by_arm: dict[str, dict[int, Row]] = {}
        for row in rows:
            if row.arm.startswith(f"{self.lane.prefix}trial-"):
                by_arm.setdefault(row.arm, {})[row.seed] = row
                self.before[row.arm, row.seed] = row
                self.attempts[row.arm, row.seed] = row.attempt + 1
        trials = self.study.get_trials(deepcopy=False)
        counted = [t for t in trials if t.state in ENDED and INTERRUPTED not in t.user_attrs]
        self.ended = len(counted)
        for trial in trials:
            if trial.state == TrialState.RUNNING:
                self._adopt(trial, by_arm.get(trial.user_attrs.get("arm", ""), {}))
        known = {trial.user_attrs.get("arm") for trial in trials}
        for arm, seeds in sorted(by_arm.items()):
            if arm not in known:
                self._add(arm, seeds)
        points = {trial.user_attrs.get("point") for trial in self.study.get_trials(deepcopy=False)}
        for number, point in enumerate(self.sweep.points):
            if number not in points:
                self.study.enqueue_trial(point, user_attrs={"point": number})

    def _room(self) -> bool:
        """Whether another may be asked; the first of those that wait for their turn is told."""
        if self.prunes:
            return len(self.live) <= self.width  # one more than fit: its process goes on with it
        if len(self.open) < self.lag:
            return True
        first = min(self.open)
        if first in self.live:
            return False
        self._close(self.open[first])
        return True

    def _draw(self) -> Asked:
        """Ask Optuna for a trial; those that were interrupted come first."""
        self.study.sampler = sampler(
            self.sweep.how.sampler,
            self.sweep.space,
            self.sweep.seed * 100 + self.lane.number,
            self.ended + len(self.open),
        )
        trial = self.study.ask()
        point = trial.user_attrs.get("point")
        name = self._free() if point is None else self.lane.trial(point)
        arm = trial.user_attrs.get("arm", name)
        trial.set_user_attr("arm", arm)
        recipe = self.lane.base.with_(self.sweep.space.suggest(trial))
        trial.set_user_attr("recipe", recipe.id)
        rows, seeds = {}, []
        for seed in self.sweep.seeds(self.lane, int(arm.rpartition("-")[2])):
            row = self.before.get((arm, seed))
            if row is not None and not interrupted(row):
                rows[seed] = row
            else:
                seeds.append((seed, self.attempts.get((arm, seed), 0)))
        trial.set_user_attr("attempt", min((attempt for _, attempt in seeds), default=0))
        task = replace(self.template, arm=arm, recipe=recipe, seeds=tuple(seeds))
        asked = Asked(trial, task, rows)
        if "again" in trial.user_attrs:
            self._go_on(asked, trial.user_attrs["again"])
        return asked

    def _free(self) -> str:
        """The name of a new trial: the first that none has, whatever was queued in between."""
        taken = {t.user_attrs.get("arm") for t in self.study.get_trials(deepcopy=False)}
        names = (self.lane.trial(number) for number in itertools.count())
        return next(name for name in names if name not in taken)

    def _go_on(self, asked: Asked, before: int) -> None:
        """Tell Optuna again of the epochs that an interrupted trial had: it goes on after them."""
        if len(self.sweep.how.objectives) > 1:
            return
        values = self.study.get_trials(deepcopy=False)[before].intermediate_values
        for epoch, value in sorted(values.items()):
            asked.trial.report(value, epoch)
            asked.told.add(epoch)
            if self.prunes and epoch < asked.task.recipe.train.epochs:
                asked.trial.should_prune()  # puts it on the rungs on which it was

    def _close_last(self) -> None:
        """Tell all that are left, in order, where nothing more is asked and all have ended."""
        if self.finished and not self.live:
            for _, asked in sorted(self.open.items()):
                self._close(asked)

    def _close(self, asked: Asked) -> None:
        """Tell the final state of a trial."""
        del self.open[asked.task.arm]
        self._tell(asked.trial.number, asked.rows, pruned=asked.pruned)

    def _tell(self, number: int, rows: Mapping[int, Row], *, pruned: bool) -> None:
        values = self._values(rows)
        self.ended += 1
        if pruned:
            self.study.tell(number, state=TrialState.PRUNED)
        elif values is None:
            self.study.tell(number, state=TrialState.FAIL)
        else:
            self.study.tell(number, values)

    def _values(self, rows: Mapping[int, Row]) -> list[float] | None:
        """The mean of each objective over a trial's seeds; None where the trial is not whole."""
        return self.sweep.how.values(list(rows.values()))

    def _over(self, rows: Mapping[int, Row]) -> bool:
        """Whether a trial is over: it is whole, or a seed of it ended badly."""
        bad = any(row.state != "done" and not interrupted(row) for row in rows.values())
        return bad or self._values(rows) is not None

    def _adopt(self, trial: FrozenTrial, rows: Mapping[int, Row]) -> None:
        """Deal with a trial that a dead process left running.

        Without a scheduler one that has ended is asked again too, to be told in its turn. One of
        whose last attempt the ledger has no row had not begun: it did not crash.
        """
        over = self._over(rows)
        first = trial.user_attrs.get("attempt", 0)
        begun = any(row.attempt >= first for row in rows.values())
        if over and self.prunes and not queued_again(self.study, trial):
            self._tell(trial.number, rows, pruned=any(map(was_pruned, rows.values())))
        else:
            self._interrupt(trial.number, crashed=begun and not over)

    def _interrupt(self, number: int, *, crashed: bool) -> None:
        if not interrupt(self.study, number, crashed=crashed):
            self.ended += 1

    def _add(self, arm: str, rows: Mapping[int, Row]) -> None:
        """Add a trial that the ledger has and the storage lacks; one that is not over is queued."""
        trial = trial_of(self.lane, self.sweep, arm, rows)
        if self._over(rows):
            number = restore(self.study, trial, self.lane.base.train.epochs)
            self._tell(number, rows, pruned=any(map(was_pruned, rows.values())))
        else:
            self.study.enqueue_trial(trial.params, user_attrs=trial.user_attrs)
