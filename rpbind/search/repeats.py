"""Equal configurations: a trial with an earlier one's recipe and seeds is not trained again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import optuna

from rpbind.ledger import Row
from rpbind.ledger.trials import REUSED
from rpbind.search.search import Search, Sweep
from rpbind.spaces.points import untried
from rpbind.train.run import ended_row
from rpbind.train.task import Job, Task

INSTEAD = "instead_of"
"""Optuna's mark of a configuration that was drawn in place of a repeat: the repeat's name."""

Key = tuple[str, tuple[int, ...]]
"""What decides on a trial's rows: its recipe's id, and its seeds."""


class TriedConfigurations:
    """Which configurations a search has tried, each by which trial first, and with which rows."""

    def __init__(self, search: Search, sweep: Sweep) -> None:
        self.search, self.sweep = search, sweep
        self.first: dict[Key, str] = {}
        self.rows: dict[str, Mapping[int, Row]] = {}
        """The rows of the trials that have ended, by name."""
        self.size = sweep.size
        """How many configurations there are; None where they never run out."""
        self.found_none = False
        """Whether none that was not tried was found for a repeat."""

    @property
    def is_exhausted(self) -> bool:
        """Whether every configuration of the space has been tried, or is under way."""
        return self.found_none or (self.size is not None and len(self.first) >= self.size)

    def _key(self, name: str, recipe_id: str) -> Key:
        """Return what decides on a trial's rows."""
        seeds = self.sweep.seeds(self.search, int(name.rpartition("-")[2]))
        return recipe_id, tuple(seeds)

    def add(self, name: str, recipe_id: str) -> str | None:
        """Note a trial; returns the name of the one that it repeats, None where it is the first."""
        first = self.first.setdefault(self._key(name, recipe_id), name)
        return None if first == name else first

    def forget(self, name: str) -> None:
        """Forget a trial that was interrupted: it is noted again when it goes on."""
        self.first = {key: first for key, first in self.first.items() if first != name}

    def queue_replacement(self, study: optuna.Study, repeat: str, seed: int) -> None:
        """Queue a configuration that was not tried, in place of a repeat: once, however often
        the repeat is begun."""
        trials = study.get_trials(deepcopy=False)
        if self.is_exhausted or any(t.user_attrs.get(INSTEAD) == repeat for t in trials):
            return
        recipes = {recipe for recipe, _ in self.first}
        params = untried(self.sweep.space, self.search.base, recipes, seed)
        self.found_none = params is None
        if params is not None:
            study.enqueue_trial(params, user_attrs={INSTEAD: repeat})


def reused(task: Task, seeds: Sequence[int], first: str, rows: Mapping[int, Row]) -> dict[int, Row]:
    """Return a repeat's rows: those of the first trial, under its own name.

    A seed of which the first trial has no row has failed with it.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = {}
    for seed in seeds:
        if seed in rows:
            row = rows[seed].model_copy(update={"arm": task.arm, "attempt": 0, "ended": now})
        else:
            job = Job(task.arm, task.recipe, seed, task.folder, task.stage)
            row = ended_row(job, "failed", f"{first} has the same configuration, and failed")
        provenance = {**row.provenance, REUSED: first}
        made[seed] = row.model_copy(update={"provenance": provenance})
    return made


def without_ledger(row: Row) -> None:
    """Refuse a row that would be lost."""
    raise AssertionError(f"{row.run} has no ledger to be written to: set Search.write")


Write = Callable[[Row], object]
