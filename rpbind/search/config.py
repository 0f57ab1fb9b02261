"""How a space is searched: sampler, pruning scheduler, objectives and budgets."""

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
"""Name -> what it is; `sampling.SAMPLERS` makes them."""

SCHEDULERS = {
    "none": "every trial trains to its end",
    "asha": "asynchronous successive halving",
    "hyperband": "successive halving in brackets",
    "median": "a trial below the median of the others stops",
}
"""Name -> what it is; `sampling.PRUNERS` makes them."""

REPEATED = {
    "reuse": "its scores count as a trial's",
    "redraw": "another configuration is drawn in its place",
}
"""What becomes of a configuration that was tried before."""


@dataclass(frozen=True)
class SearchConfig:
    """How a space is searched, and when a search ends before its trials are all made.

    `minutes` is the wall time of a call, `train_seconds` that of all trainings of the search; both
    let trials that have begun end. `storage` is Optuna's URL; without it, a journal in the study.
    `repeats` says what becomes of a configuration that was tried before.
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
            raise UserError("An objective is named twice: name each once.")
        for option, budget in (("minutes", self.minutes), ("train-seconds", self.train_seconds)):
            if budget is not None and not 0 < budget < math.inf:
                raise UserError(
                    f"--budget-{option} is a number above 0; got {budget:g}. Leave it out for no "
                    "such budget."
                )
        several = len(self.objectives) > 1
        if several and self.sampler == "cmaes":
            raise UserError("cmaes follows one objective; for several, take nsga2 or tpe.")
        if self.scheduler != "none" and (several or self.first.cost):
            raise UserError(
                f"--scheduler {self.scheduler} stops trials by one objective that every epoch has "
                "(auroc or loss). Ask for one of these, or for --scheduler none."
            )

    @property
    def first(self) -> Objective:
        """The objective by which the winner is chosen."""
        return OBJECTIVES[self.objectives[0]]

    def values(self, rows: Sequence[Row]) -> list[float] | None:
        """Return each objective's mean over a trial's rows; None where it is not whole."""
        return values_of(rows, self.objectives, self.seeds_per_trial)

    @property
    def limited(self) -> bool:
        """Whether something else than the number of trials can end the search."""
        return self.minutes is not None or self.train_seconds is not None


DEFAULT_CONFIG = SearchConfig()
"""TPE on validation AUROC, one seed per trial, no pruning."""
