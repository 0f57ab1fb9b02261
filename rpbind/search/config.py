"""How a search space is searched: sampler, scheduler, objectives and budgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rpbind.errors import UserError, check_one_of
from rpbind.ledger import Row
from rpbind.ledger.trials import OBJECTIVES, Objective, values_of

SAMPLERS = {
    "tpe": "tree-structured Parzen estimator, multivariate",
    "random": "independent draws",
    "cmaes": "covariance matrix adaptation; one objective",
    "nsga2": "genetic algorithm; for several objectives",
    "qmc": "scrambled Sobol sequence",
    "grid": "every configuration of a finite space",
}
"""Name -> description; `sampling.SAMPLERS` makes them."""

SCHEDULERS = {
    "none": "no trial is stopped early",
    "asha": "asynchronous successive halving",
    "hyperband": "successive halving in brackets",
    "median": "a trial below the median of the others stops",
}
"""Name -> description; `sampling.PRUNERS` makes them."""

REPEATED = {
    "reuse": "it counts as a trial, with the earlier scores",
    "redraw": "it does not count, and another configuration is drawn",
}
"""Name -> what happens when a sampler draws a configuration again, which is never retrained."""


@dataclass(frozen=True)
class SearchConfig:
    """How a space is searched, and the budget that may end a search before all its trials.

    When a budget is spent, no further trial starts; running ones finish.

    Parameters
    ----------
    sampler
        One of `SAMPLERS`.
    scheduler
        One of `SCHEDULERS`.
    objectives
        Names in `ledger.trials.OBJECTIVES`; the first one decides on the winner.
    seeds_per_trial
        Number of runs per trial, whose scores are averaged.
    minutes
        Budget of wall-clock time of one call, in minutes.
    train_seconds
        Budget of training time over all trials and calls, in seconds.
    storage
        URL of Optuna's database; None is a journal file in the study's folder.
    repeats
        One of `REPEATED`.
    """

    sampler: str = "tpe"
    scheduler: str = "none"
    objectives: tuple[str, ...] = ("auroc",)
    seeds_per_trial: int = 1
    minutes: float | None = None
    train_seconds: float | None = None
    storage: str | None = None
    repeats: str = "reuse"

    def __post_init__(self) -> None:
        check_one_of("--sampler", self.sampler, SAMPLERS)
        check_one_of("--scheduler", self.scheduler, SCHEDULERS)
        check_one_of("--repeats", self.repeats, REPEATED)
        for name in self.objectives:
            check_one_of("--objective", name, OBJECTIVES)
        if len(set(self.objectives)) < len(self.objectives):
            raise UserError("--objective names an objective twice: name each once.")
        for option, budget in (("minutes", self.minutes), ("train-seconds", self.train_seconds)):
            if budget is not None and not 0 < budget < math.inf:
                raise UserError(
                    f"--budget-{option} is a number above 0; got {budget:g}. Leave it out to have "
                    "no such budget."
                )
        several = len(self.objectives) > 1
        if several and self.sampler == "cmaes":
            raise UserError(
                "--sampler cmaes has one objective; for several, take --sampler nsga2 or tpe."
            )
        if self.scheduler != "none" and (several or self.first.cost):
            raise UserError(
                f"--scheduler {self.scheduler} compares trials by one objective that is measured "
                "in every epoch. Take --objective auroc or loss, or --scheduler none."
            )

    @property
    def first(self) -> Objective:
        """The first objective, which decides on the winner."""
        return OBJECTIVES[self.objectives[0]]

    def values(self, rows: Sequence[Row]) -> list[float] | None:
        """Average a trial's scores over its seeds.

        Parameters
        ----------
        rows
            The trial's rows, one per seed.

        Returns
        -------
        The mean of each objective, or None unless all seeds have finite scores.
        """
        return values_of(rows, self.objectives, self.seeds_per_trial)

    @property
    def limited(self) -> bool:
        """Whether a budget of time can end the search before all its trials."""
        return self.minutes is not None or self.train_seconds is not None


DEFAULT_CONFIG = SearchConfig()
"""TPE on validation AUROC, one seed per trial, no pruning."""
