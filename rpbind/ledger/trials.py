"""Facts about trials, from the rows of a ledger: search, value, outcome, and what they repeat.

A trial is one configuration, with one row per seed. Its arm is named SEARCH.trial-NUMBER.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rpbind.ledger import Row


@dataclass(frozen=True)
class Objective:
    """A number that a search optimises.

    Parameters
    ----------
    words
        What reports call it.
    key
        Its key in a row's metrics, or in a row's cost.
    mode
        Whether larger or smaller values are better.
    cost
        Whether the key is one of a row's cost.
    """

    words: str
    key: str
    mode: Literal["max", "min"]
    cost: bool = False

    def value(self, row: Row) -> float:
        """Return the value of one run.

        Parameters
        ----------
        row
            Its row.

        Returns
        -------
        float
            NaN if the row does not have the key.
        """
        return (row.cost if self.cost else row.metrics).get(self.key, math.nan)


OBJECTIVES = {
    "auroc": Objective("validation AUROC", "validation.auroc_macro", "max"),
    "loss": Objective("validation loss", "validation.loss", "min"),
    "train-seconds": Objective("training seconds", "train_seconds", "min", cost=True),
    "parameters": Objective("parameters", "parameters", "min", cost=True),
}
REPEATED = "repeated"
"""Name under which trials are counted that have recipe and seeds of an earlier trial."""

REUSED = "reused"
"""Provenance key of a row that was copied and not trained: the trial that it was copied from."""

Outcome = Literal["done", "pruned", "diverged", "failed", "stopped", "lost", "unfinished"]
"""How a trial ended; an "unfinished" trial has seeds that were not trained yet."""


def was_pruned(row: Row) -> bool:
    """Whether a scheduler stopped a run; an interrupted run is stopped without being pruned.

    Parameters
    ----------
    row
        The run's row.

    Returns
    -------
    bool
        True if the row names the scheduler.
    """
    return row.state == "stopped" and "stopped_by" in row.provenance


def was_reused(row: Row) -> bool:
    """Whether a row was copied from an earlier trial with the same configuration and seeds.

    Parameters
    ----------
    row
        The row of a trial.

    Returns
    -------
    bool
        False if it was trained.
    """
    return REUSED in row.provenance


def search_of(arm: str) -> str:
    """Return the name of a trial's search.

    Parameters
    ----------
    arm
        The trial's name, such as `old.s2.trial-0007`.

    Returns
    -------
    str
        Such as `old.s2`; `search` if the trial's name has no such prefix.
    """
    return arm.rpartition("trial-")[0].rstrip(".") or "search"


def trials_of(rows: list[Row]) -> dict[str, list[Row]]:
    """Group the rows of trials.

    Parameters
    ----------
    rows
        Of stage "search".

    Returns
    -------
    dict[str, list[Row]]
        {trial: its rows, sorted by seed}.
    """
    trials: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.seed):
        trials.setdefault(row.arm, []).append(row)
    return trials


def repeats_of(trials: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Find the trials that repeat an earlier one.

    Parameters
    ----------
    trials
        {trial: its rows, sorted by seed}.

    Returns
    -------
    dict[str, str]
        {repeat: the first trial, by name, with the same recipe and seeds}.
    """
    first: dict[tuple[str, tuple[int, ...]], str] = {}
    for name in sorted(trials):
        rows = trials[name]
        first.setdefault((rows[0].recipe_id, tuple(row.seed for row in rows)), name)
    return {
        name: found
        for name, rows in trials.items()
        if (found := first[rows[0].recipe_id, tuple(row.seed for row in rows)]) != name
    }


def values_of(rows: Sequence[Row], objectives: Sequence[str], seeds: int) -> list[float] | None:
    """Return the values of a complete trial.

    Parameters
    ----------
    rows
        Of one trial.
    objectives
        Keys of `OBJECTIVES`.
    seeds
        Number of seeds per trial.

    Returns
    -------
    list[float] | None
        One mean over seeds for each objective; None if a seed is not done or a mean is not finite.
    """
    if len(rows) < seeds or any(row.state != "done" for row in rows):
        return None
    means = [sum(OBJECTIVES[name].value(row) for row in rows) / len(rows) for name in objectives]
    return means if all(map(math.isfinite, means)) else None


def outcome(rows: Sequence[Row], seeds: int) -> Outcome:
    """Return how a trial ended, from its rows and the number of seeds that it should have."""
    bad = [row.state for row in rows if row.state != "done"]
    if any(map(was_pruned, rows)):
        return "pruned"
    return bad[0] if bad else "done" if len(rows) >= seeds else "unfinished"
