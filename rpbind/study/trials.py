"""One trial of a search: while it is under way, and made anew from what the ledger knows of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState, create_trial

from rpbind.analysis.search import was_pruned
from rpbind.errors import UserError
from rpbind.ledger import CUT_OFF, Row
from rpbind.recipe import Recipe
from rpbind.study.search import How, Lane, Sweep
from rpbind.study.watchdog import died
from rpbind.train.task import Task


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


def trial_of(lane: Lane, sweep: Sweep, arm: str, rows: Mapping[int, Row]) -> FrozenTrial:
    """Return Optuna's trial of its rows by seed; `UserError` where it is of another space."""
    first = rows[min(rows)]
    recipe = Recipe.model_validate(first.recipe)
    try:
        fixed = FixedTrial(sweep.space.find(recipe))
    except UserError as error:
        raise UserError(f"{arm} of the ledger is not of this space: {error}") from None
    sweep.space.suggest(fixed)
    values = sweep.how.values(list(rows.values()))
    pruned = any(map(was_pruned, rows.values()))
    state = TrialState.PRUNED if pruned else TrialState.COMPLETE if values else TrialState.FAIL
    attrs: dict[str, Any] = {"arm": arm, "recipe": recipe.id}
    number = int(arm.removeprefix(lane.prefix).rpartition("-")[2])
    if number < len(sweep.points):
        attrs["point"] = number
    return create_trial(
        state=state,
        values=values if state == TrialState.COMPLETE else None,
        params=fixed.params,
        distributions=fixed.distributions,
        intermediate_values=epochs_of(first, sweep.how),
        user_attrs=attrs,
    )


def epochs_of(row: Row, how: How) -> dict[int, float]:
    """Return the finite values that each epoch of a row has of the first objective."""
    if len(how.objectives) > 1:
        return {}
    values = {int(p["epoch"]): p.get(how.first.key, math.nan) for p in row.curve}
    return {epoch: value for epoch, value in values.items() if math.isfinite(value)}


def interrupted(row: Row) -> bool:
    """Whether a row is of a run that was under way when its study, or its process, ended."""
    return (row.state in CUT_OFF and not was_pruned(row)) or died(row.error)
