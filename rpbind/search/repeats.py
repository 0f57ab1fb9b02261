"""Repeats: a trial with the recipe and seeds of an earlier trial is not trained again."""

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
"""Optuna user attribute of a configuration that replaces a repeat: the repeat's name."""

Key = tuple[str, tuple[int, ...]]
"""Recipe id and seeds of a trial; trials with the same key have the same rows."""


class TriedConfigurations:
    """The configurations that a search has tried, with the first trial of each and its rows."""

    def __init__(self, search: Search, sweep: Sweep) -> None:
        self.search, self.sweep = search, sweep
        self.first: dict[Key, str] = {}
        """{key: name of the first trial with it}."""
        self.rows: dict[str, Mapping[int, Row]] = {}
        """{name of an ended trial: its rows by seed}."""
        self.size = sweep.size
        """Number of configurations; None if it is infinite."""
        self.found_none = False
        """Whether a replacement for a repeat was looked for and not found."""

    @property
    def is_exhausted(self) -> bool:
        """Whether every configuration of the space is tried or pending."""
        return self.found_none or (self.size is not None and len(self.first) >= self.size)

    def _key(self, name: str, recipe_id: str) -> Key:
        """Return the key of a trial."""
        seeds = self.sweep.seeds(self.search, int(name.rpartition("-")[2]))
        return recipe_id, tuple(seeds)

    def add(self, name: str, recipe_id: str) -> str | None:
        """Add a trial; return the name of the trial that it repeats, or None if it is the first."""
        first = self.first.setdefault(self._key(name, recipe_id), name)
        return None if first == name else first

    def forget(self, name: str) -> None:
        """Remove an interrupted trial; it is added again when it continues."""
        self.first = {key: first for key, first in self.first.items() if first != name}

    def queue_replacement(self, study: optuna.Study, repeat: str, seed: int) -> None:
        """Queue an untried configuration that replaces a repeat, unless one was queued before.

        After an interruption, the same repeat comes here again.
        """
        trials = study.get_trials(deepcopy=False)
        if self.is_exhausted or any(t.user_attrs.get(INSTEAD) == repeat for t in trials):
            return
        recipes = {recipe for recipe, _ in self.first}
        params = untried(self.sweep.space, self.search.base, recipes, seed)
        self.found_none = params is None
        if params is not None:
            study.enqueue_trial(params, user_attrs={INSTEAD: repeat})


def reused(task: Task, seeds: Sequence[int], first: str, rows: Mapping[int, Row]) -> dict[int, Row]:
    """Return the rows of a repeat: those of the first trial, under the repeat's name.

    If the first trial has no row for a seed, the repeat gets a failed one.
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
    """Refuse to write a row: it would be lost."""
    raise AssertionError(f"no ledger for the row of {row.run}: set AskTellLoop.write_row")


Write = Callable[[Row], object]
