"""One trial of a search: pending, interrupted and resumed, or restored from the ledger."""

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
"""A trial that ran at this many crashes is not started again: it may cause them."""

INTERRUPTED = "interrupted"
"""Optuna user attribute of an interrupted trial, which is FAIL and continues as another trial."""

REPEATS = "repeats"
"""Optuna user attribute of a repeat: the name of the first trial."""

PROGRESSED = "heard"
"""Optuna user attribute of a trial that has finished an epoch of any of its seeds.

Stored studies use the older name.
"""


@dataclass
class PendingTrial:
    """A trial that has no reported result yet: its task, and what was recorded of it so far."""

    trial: optuna.Trial
    task: Task
    rows: dict[int, Row] = field(default_factory=dict)
    """{seed: its row}."""
    curve: list[dict[str, float]] = field(default_factory=list)
    """Metrics of each epoch of the watched seed."""
    reported: set[int] = field(default_factory=set)
    """Epochs that were reported to Optuna."""
    has_progress: bool = False
    pruned: bool = False
    repeats: str | None = None
    """Name of the earlier trial with the same configuration and seeds, whose rows it gets."""
    is_extra: bool = False
    """Whether it is a repeat that does not count, so that another trial is still suggested."""

    @property
    def watched_seed(self) -> int:
        """The seed whose epochs are reported to Optuna: the lowest, the same one in all trials."""
        return min([*self.rows, *(seed for seed, _ in self.task.seeds)])


def was_queued_again(study: optuna.Study, trial: FrozenTrial) -> bool:
    """Whether a trial's configuration was queued again, as another trial."""
    trials = study.get_trials(deepcopy=False)
    return any(later.user_attrs.get("again") == trial.number for later in trials)


def interrupt(study: optuna.Study, number: int, *, crashed: bool) -> bool:
    """Mark a running trial as failed, and queue its configuration again under the same name.

    Returns False if it is given up instead, after `MAX_CRASHES` crashes without a finished epoch.
    If the process dies between two writes of this function, a second call completes the first.
    """
    trial = study.get_trials(deepcopy=False)[number]
    tries = 0 if PROGRESSED in trial.user_attrs else trial.user_attrs.get("tries", 0)
    tries += crashed
    goes_on = was_queued_again(study, trial)
    if not goes_on and tries < MAX_CRASHES:
        # without "recipe", only some parameters were drawn: the sampler must draw all of them anew
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
    """Report the epochs of the interrupted trial number `before` again, for its continuation."""
    values = study.get_trials(deepcopy=False)[before].intermediate_values
    for epoch, value in sorted(values.items()):
        pending.trial.report(value, epoch)
        pending.reported.add(epoch)
        if prunes and epoch < pending.task.recipe.train.epochs:
            pending.trial.should_prune()  # puts it on the rungs that it had reached


def restore(study: optuna.Study, trial: FrozenTrial, last: int) -> int:
    """Add a running trial to the storage, put it on the pruner's rungs, and return its number.

    Nothing is pruned at the `last` epoch.
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
    """Build a running Optuna trial from its rows by seed.

    Raises `UserError` if its recipe is not in the search space.
    """
    first = rows[min(rows)]
    recipe = Recipe.from_record(first.recipe, first.arm)
    try:
        fixed = FixedTrial(sweep.space.find(recipe))
    except UserError as error:
        raise UserError(f"The ledger's {arm} is not in this search space: {error}") from None
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
    """Return {epoch: first objective} of a row's curve, without values that are not finite."""
    if len(config.objectives) > 1:
        return {}
    values = {int(p["epoch"]): p.get(config.first.key, math.nan) for p in row.curve}
    return {epoch: value for epoch, value in values.items() if math.isfinite(value)}


def was_interrupted(row: Row) -> bool:
    """Whether a row is of a run that was training when its study or its process ended."""
    return (row.state in CUT_OFF and not was_pruned(row)) or is_process_lost(row.error)
