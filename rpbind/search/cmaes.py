"""CMA-ES whose state is made anew from what was told: nothing is unpickled from a storage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import optuna
from optuna._transform import _SearchSpaceTransform
from optuna.distributions import BaseDistribution
from optuna.samplers import CmaEsSampler
from optuna.trial import FrozenTrial


class ReplayedCmaEs(CmaEsSampler):
    """Optuna's sampler, but for where its state is from.

    Optuna keeps it in the storage, as a pickle, and whoever can write there could have us run
    anything. Here every draw begins with the first generation and tells the optimizer all that have
    been whole since, in the order in which they became so: a function of the trials.
    """

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw what is always asked, as `CmaEsSampler` does."""
        self._study, self._asked = study, search_space
        return super().sample_relative(study, trial, search_space)

    def _restore_optimizer(self, completed_trials: list[FrozenTrial]) -> Any:
        """Return the optimizer that has been told all whole generations; Optuna would unpickle."""
        space = _SearchSpaceTransform(self._asked, transform_step=True, transform_0_1=True)
        optimizer = self._init_optimizer(space, self._study.direction)
        sign = 1 if self._study.direction == optuna.study.StudyDirection.MINIMIZE else -1
        told = sorted(completed_trials, key=_ended)
        while True:
            mine = self._get_solution_trials(told, optimizer.generation)
            if len(mine) < optimizer.population_size:
                return optimizer
            whole = mine[: optimizer.population_size]
            optimizer.tell([(space.transform(t.params), sign * t.values[0]) for t in whole])


def _ended(trial: FrozenTrial) -> tuple[datetime, int]:
    assert trial.datetime_complete is not None
    return trial.datetime_complete, trial.number
