"""One search's talk with Optuna: asked for trials, told what became of them. It knows no Ray.

The storage and the ledger are all its state: a search that is built anew from them goes on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState, create_trial

from rpbind.analysis.search import was_pruned
from rpbind.errors import UserError
from rpbind.ledger import CUT_OFF, Row
from rpbind.recipe import Recipe
from rpbind.study.sampling import sampler
from rpbind.study.search import Lane, Sweep
from rpbind.study.watchdog import died
from rpbind.train.task import Task

ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
TRIES = 3
"""A trial that was under way at so many crashes is not begun again: it may be their cause."""


@dataclass
class Asked:
    """A trial that is under way: its task, and what was heard of it so far."""

    trial: optuna.Trial
    task: Task
    rows: dict[int, Row] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    pruned: bool = False

    @property
    def watched(self) -> int:
        """The seed whose epochs are told: the first, the same one in every trial."""
        return min([*self.rows, *(seed for seed, _ in self.task.seeds)])


class Search:
    """Asks for up to `width` trials at a time.

    Without a scheduler they are asked together, and told together when all of them have ended: what
    is drawn does not depend on which ended first. With one, each is asked and told by itself.
    """

    def __init__(
        self, lane: Lane, sweep: Sweep, study: optuna.Study, template: Task, width: int
    ) -> None:
        self.lane, self.sweep, self.study = lane, sweep, study
        self.template, self.width = template, width
        self.waiting: list[Asked] = []
        self.live: dict[str, Asked] = {}
        self.heard: list[Asked] = []
        self.before: dict[tuple[str, int], Row] = {}
        self.attempts: dict[tuple[str, int], int] = {}
        self.ended = 0
        """Trials that count: all that have ended, but not those that an interruption ended."""
        self.over: Callable[[], bool] = lambda: False

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be asked: all trials are made, or a budget is spent."""
        begun = len(self.live) + len(self.heard)
        return not self.waiting and (self.ended + begun >= self.sweep.total or self.over())

    @property
    def prunes(self) -> bool:
        """Whether a scheduler stops trials."""
        return self.sweep.how.scheduler != "none"

    def ask(self) -> Task | None:
        """Return the next trial's task; None where none is to be begun now."""
        room = len(self.live) < self.width if self.prunes else not self.live
        if not self.waiting and room and not self.finished:
            self._draw()
        if not self.waiting:
            return None
        asked = self.waiting.pop(0)
        self.live[asked.task.arm] = asked
        return asked.task

    def hear(self, arm: str, point: Mapping[str, float]) -> bool:
        """Report an epoch to Optuna; True where the scheduler says that the trial is to stop."""
        asked, key = self.live[arm], self.sweep.how.first.key
        value, epoch = point.get(key, math.nan), int(point["epoch"])
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
        """Tell Optuna that a trial has ended: at once, or with the others that were asked with it.

        Whole is a trial with a finite score of every seed; all else that was not pruned has failed.
        """
        self.heard.append(self.live.pop(arm))
        self._flush()

    def lose(self, arm: str) -> None:
        """Begin a trial again whose process or node is gone; after too many of these it failed."""
        asked = self.live.pop(arm)
        for seed, attempt in asked.task.seeds:
            if seed in asked.rows:
                self.before[arm, seed] = asked.rows[seed]
            self.attempts[arm, seed] = attempt + 1
        self._interrupt(asked.trial.number, crashed=True)
        self._flush()

    def stop(self) -> None:
        """Tell what is under way as failed, to be begun again: the study is being stopped."""
        for asked in [*self.heard, *self.live.values(), *self.waiting]:
            if asked.pruned or self._over(asked.rows):
                self._close(asked.trial.number, asked.rows, pruned=asked.pruned)
            else:
                self._interrupt(asked.trial.number, crashed=False)
        self.heard, self.waiting, self.live = [], [], {}

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
        counted = [t for t in trials if t.state in ENDED and "interrupted" not in t.user_attrs]
        self.ended = len(counted)
        for trial in trials:
            if trial.state == TrialState.RUNNING:
                self._adopt(trial, by_arm.get(trial.user_attrs.get("arm", ""), {}))
        known = {trial.user_attrs.get("arm") for trial in trials}
        for arm, seeds in sorted(by_arm.items()):
            if arm not in known and self._over(seeds):
                self._add(arm, seeds)
        points = {trial.user_attrs.get("point") for trial in self.study.get_trials(deepcopy=False)}
        for number, point in enumerate(self.sweep.points):
            if number not in points:
                self.study.enqueue_trial(point, user_attrs={"point": number})

    def _flush(self) -> None:
        """Tell what has ended, where a batch is over or trials go by themselves."""
        if self.prunes or not (self.live or self.waiting):
            for asked in sorted(self.heard, key=lambda asked: asked.trial.number):
                self._close(asked.trial.number, asked.rows, pruned=asked.pruned)
            self.heard = []

    def _draw(self) -> None:
        """Ask for the trials of a batch; those that were interrupted make one by themselves."""
        self.study.sampler = sampler(
            self.sweep.how.sampler,
            self.sweep.space,
            self.sweep.seed * 100 + self.lane.number,
            self.ended + len(self.live),
        )
        queued = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        again = sum("again" in trial.user_attrs for trial in queued)
        left = self.sweep.total - self.ended - len(self.live) - len(self.heard)
        size = 1 if self.prunes else min(again or self.width, left)
        self.waiting = [self._ask() for _ in range(size)]

    def _ask(self) -> Asked:
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
            if self.prunes:
                asked.trial.should_prune()  # puts it on the rungs on which it was

    def _close(self, number: int, rows: Mapping[int, Row], *, pruned: bool) -> None:
        """Tell the final state of a trial."""
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
        if self._over(rows):
            self._close(trial.number, rows, pruned=any(map(was_pruned, rows.values())))
        else:
            self._interrupt(trial.number, crashed=True)

    def _interrupt(self, number: int, *, crashed: bool) -> None:
        """Fail a trial that was under way, and queue its configuration under the same name.

        It is given up where it was under way at so many crashes in a row, without a new epoch.
        """
        trial = self.study.get_trials(deepcopy=False)[number]
        epochs = len(trial.intermediate_values)
        further = epochs > trial.user_attrs.get("epochs", 0)
        tries = 0 if further else trial.user_attrs.get("tries", 0)
        tries += crashed
        params = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
        if tries < TRIES:
            kept = {k: v for k, v in trial.user_attrs.items() if k in ("arm", "point")}
            again: dict[str, Any] = kept | {"again": number, "tries": tries, "epochs": epochs}
            self.study.enqueue_trial(params, user_attrs=again)
            optuna.Trial(self.study, trial._trial_id).set_user_attr("interrupted", True)
        else:
            self.ended += 1
        self.study.tell(number, state=TrialState.FAIL)

    def _add(self, arm: str, rows: Mapping[int, Row]) -> None:
        """Add a trial that the ledger has and the storage lacks."""
        first = rows[min(rows)]
        recipe = Recipe.model_validate(first.recipe)
        try:
            fixed = FixedTrial(self.sweep.space.find(recipe))
        except UserError as error:
            raise UserError(f"{arm} of the ledger is not of this space: {error}") from None
        self.sweep.space.suggest(fixed)
        values = self._values(rows)
        pruned = any(map(was_pruned, rows.values()))
        self.ended += 1
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE if values else TrialState.FAIL
        number = int(arm.rpartition("-")[2])
        attrs: dict[str, Any] = {"arm": arm, "recipe": recipe.id}
        if number < len(self.sweep.points):
            attrs["point"] = number
        self.study.add_trial(
            create_trial(
                state=state,
                values=values if state == TrialState.COMPLETE else None,
                params=fixed.params,
                distributions=fixed.distributions,
                intermediate_values=self._epochs(first),
                user_attrs=attrs,
            )
        )

    def _epochs(self, row: Row) -> dict[int, float]:
        if len(self.sweep.how.objectives) > 1:
            return {}
        values = {int(p["epoch"]): p.get(self.sweep.how.first.key, math.nan) for p in row.curve}
        return {epoch: value for epoch, value in values.items() if math.isfinite(value)}


def interrupted(row: Row) -> bool:
    """Whether a row is of a run that was under way when its study, or its process, ended."""
    return (row.state in CUT_OFF and not was_pruned(row)) or died(row.error)
