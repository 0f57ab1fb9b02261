"""CMA-ES whose state is computed from the reported trials; nothing is unpickled from a storage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import optuna
from optuna._transform import _SearchSpaceTransform
from optuna.distributions import BaseDistribution
from optuna.samplers import CmaEsSampler
from optuna.trial import FrozenTrial


class ReplayedCmaEs(CmaEsSampler):
    """Optuna's CMA-ES sampler without its pickled state.

    Optuna keeps the optimizer in the storage as a pickle, so anybody who can write there could run
    code in our process. Here every draw replays all complete generations of the reported trials, in
    the order in which they completed.
    """

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw the unconditional parameters together, as `CmaEsSampler` does."""
        self._study, self._space = study, search_space
        return super().sample_relative(study, trial, search_space)

    def _restore_optimizer(self, completed_trials: list[FrozenTrial]) -> Any:
        """Return the optimizer after all complete generations; Optuna's method unpickles it."""
        space = _SearchSpaceTransform(self._space, transform_step=True, transform_0_1=True)
        optimizer = self._init_optimizer(space, self._study.direction)
        sign = 1 if self._study.direction == optuna.study.StudyDirection.MINIMIZE else -1
        ordered = sorted(completed_trials, key=_completion)
        while True:
            generation = self._get_solution_trials(ordered, optimizer.generation)
            if len(generation) < optimizer.population_size:
                return optimizer
            whole = generation[: optimizer.population_size]
            optimizer.tell([(space.transform(t.params), sign * t.values[0]) for t in whole])


def _completion(trial: FrozenTrial) -> tuple[datetime, int]:
    assert trial.datetime_complete is not None
    return trial.datetime_complete, trial.number
