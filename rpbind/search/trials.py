"""One trial of a search: while it is under way, and made anew from what the ledger knows of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState, create_trial

from rpbind.errors import UserError, is_process_lost
from rpbind.ledger import CUT_OFF, Row
from rpbind.ledger.trials import REUSED, was_pruned
from rpbind.recipe import Recipe
from rpbind.search.config import SearchConfig
from rpbind.search.search import Search, Sweep
from rpbind.train.task import Task

MAX_CRASHES = 3
"""A trial that was under way at so many crashes is not begun again: it may be their cause."""

INTERRUPTED = "interrupted"
"""Optuna's mark of a trial that failed only because it was cut off; it goes on as another."""

REPEATS = "repeats"
"""Optuna's mark of a trial that repeats another: the name of that one."""

PROGRESSED = "heard"
"""Optuna's mark of a trial that has come further by an epoch, of any of its seeds."""


@dataclass
class PendingTrial:
    """A trial that is under way: its task, and what was heard of it so far."""

    trial: optuna.Trial
    task: Task
    rows: dict[int, Row] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)
    reported: set[int] = field(default_factory=set)
    has_progress: bool = False
    pruned: bool = False
    repeats: str | None = None
    """The trial of the same configuration and seeds whose rows it is given."""
    is_extra: bool = False
    """Whether as many trials are left to be asked for as were before this repeat."""

    @property
    def watched_seed(self) -> int:
        """The seed whose epochs are told: the first, the same one in every trial."""
        return min([*self.rows, *(seed for seed, _ in self.task.seeds)])


def was_queued_again(study: optuna.Study, trial: FrozenTrial) -> bool:
    """Whether a trial's configuration was queued again as another trial, which goes on with it."""
    trials = study.get_trials(deepcopy=False)
    return any(later.user_attrs.get("again") == trial.number for later in trials)


def interrupt(study: optuna.Study, number: int, *, crashed: bool) -> bool:
    """Fail a trial that was under way, and queue its configuration under the same name.

    False where it is given up instead: it was under way at so many crashes in a row, and came no
    epoch further. Cut short between any two of its writes, a second call ends what the first began.
    """
    trial = study.get_trials(deepcopy=False)[number]
    tries = 0 if PROGRESSED in trial.user_attrs else trial.user_attrs.get("tries", 0)
    tries += crashed
    goes_on = was_queued_again(study, trial)
    if not goes_on and tries < MAX_CRASHES:
        # one that was cut off while it was drawn is drawn anew: the rest would not be as it was
        drawn = trial.params if "recipe" in trial.user_attrs else {}
        params = {**trial.system_attrs.get("fixed_params", {}), **drawn}
        named = {k: v for k, v in trial.user_attrs.items() if k in ("arm", "point")}
        study.enqueue_trial(params, user_attrs=named | {"again": number, "tries": tries})
        goes_on = True
    if goes_on:
        study._storage.set_trial_user_attr(trial._trial_id, INTERRUPTED, True)
    study.tell(number, state=TrialState.FAIL)
    return goes_on


def replay_epochs(study: optuna.Study, pending: PendingTrial, before: int, *, prunes: bool) -> None:
    """Report again the epochs that an interrupted trial, number `before`, had: it goes on then."""
    values = study.get_trials(deepcopy=False)[before].intermediate_values
    for epoch, value in sorted(values.items()):
        pending.trial.report(value, epoch)
        pending.reported.add(epoch)
        if prunes and epoch < pending.task.recipe.train.epochs:
            pending.trial.should_prune()  # puts it on the rungs on which it was


def restore(study: optuna.Study, trial: FrozenTrial, last: int) -> int:
    """Add a running trial that the storage lacks; its epochs put it on the pruner's rungs again.

    Nothing is pruned at its `last` epoch. Returns the trial's number.
    """
    epochs, trial.intermediate_values = sorted(trial.intermediate_values.items()), {}
    study.add_trial(trial)
    added = study.get_trials(deepcopy=False)[-1]
    for epoch, value in epochs:
        study._storage.set_trial_intermediate_value(added._trial_id, epoch, value)
        if epoch < last:
            study.pruner.prune(study, study._storage.get_trial(added._trial_id))
    return added.number


def trial_of(search: Search, sweep: Sweep, arm: str, rows: Mapping[int, Row]) -> FrozenTrial:
    """Return a running trial as its rows by seed tell of it; `UserError` if of another space."""
    first = rows[min(rows)]
    recipe = Recipe.from_record(first.recipe, first.arm)
    try:
        fixed = FixedTrial(sweep.space.find(recipe))
    except UserError as error:
        raise UserError(f"{arm} of the ledger is not of this space: {error}") from None
    sweep.space.suggest(fixed)
    attrs: dict[str, Any] = {"arm": arm, "recipe": recipe.id}
    if REUSED in first.provenance:
        attrs[REPEATS] = first.provenance[REUSED]
    number = int(arm.removeprefix(search.prefix).rpartition("-")[2])
    if number < len(sweep.points):
        attrs["point"] = number
    return create_trial(
        state=TrialState.RUNNING,
        params=fixed.params,
        distributions=fixed.distributions,
        intermediate_values=epochs_of(first, sweep.config),
        user_attrs=attrs,
    )


def epochs_of(row: Row, config: SearchConfig) -> dict[int, float]:
    """Return the finite values that each epoch of a row has of the first objective."""
    if len(config.objectives) > 1:
        return {}
    values = {int(p["epoch"]): p.get(config.first.key, math.nan) for p in row.curve}
    return {epoch: value for epoch, value in values.items() if math.isfinite(value)}


def was_interrupted(row: Row) -> bool:
    """Whether a row is of a run that was under way when its study, or its process, ended."""
    return (row.state in CUT_OFF and not was_pruned(row)) or is_process_lost(row.error)
