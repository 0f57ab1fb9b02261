"""Optuna's samplers and pruners, made so that a search continues exactly after a restart."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any, cast

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    SuccessiveHalvingPruner,
)
from optuna.samplers import (
    BaseSampler,
    NSGAIISampler,
    RandomSampler,
)
from optuna.trial import FrozenTrial

from rpbind.search.cmaes import ReplayedCmaEs
from rpbind.search.failures import LearnsFromFailures, Tpe
from rpbind.search.quasirandom import QuasiRandom
from rpbind.search.trials import INTERRUPTED
from rpbind.spaces.space import Space

REDUCTION = 3
"""At each rung of ASHA and HyperBand, one trial in this many continues."""


def make_sampler(name: str, space: Space, seed: int, place: int) -> BaseSampler:
    """Return the sampler for one draw, which depends only on `seed`, `place` and reported results.

    `place` is the number of trials before this one. A sampler with a state in memory would start
    again after a restart, and draw its first configurations again.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return SAMPLERS[name](space, seed, place)


def _draw_seed(seed: int, place: int) -> int:
    """Return the seed of one draw."""
    return 100_000 * seed + place


def _tpe(space: Space, seed: int, place: int) -> BaseSampler:
    nested = any(dim.when or dim.kind == "layers" for dim in space.dimension)
    inner = Tpe(seed=_draw_seed(seed, place), multivariate=True, group=nested)
    return LearnsFromFailures(inner)


def _cmaes(space: Space, seed: int, place: int) -> BaseSampler:
    inner = ReplayedCmaEs(seed=_draw_seed(seed, place), warn_independent_sampling=False)
    return LearnsFromFailures(inner)


def _nsga2(space: Space, seed: int, place: int) -> BaseSampler:
    return LearnsFromFailures(NSGAIISampler(seed=_draw_seed(seed, place), population_size=20))


def _random(space: Space, seed: int, place: int) -> BaseSampler:
    return RandomSampler(seed=_draw_seed(seed, place))


SAMPLERS: dict[str, Callable[[Space, int, int], BaseSampler]] = {
    "tpe": _tpe,
    "random": _random,
    "cmaes": _cmaes,
    "nsga2": _nsga2,
    "qmc": QuasiRandom,
    "grid": _random,  # all points of the grid are queued
}
"""Name -> function of (space, seed, place); `config.SAMPLERS` describes each."""


class Asha(SuccessiveHalvingPruner):
    """Successive halving that counts a resumed trial once per rung.

    Optuna cannot resume a trial: the interrupted one fails, and a new trial continues it with the
    same values on the same rungs.
    """

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether other trials are better on this trial's rung."""
        return super().prune(cast(optuna.Study, _WithoutInterrupted(study)), trial)


class _WithoutInterrupted:
    """A study without its interrupted trials."""

    def __init__(self, study: optuna.Study) -> None:
        self._study = study

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, deepcopy: bool = True) -> list[FrozenTrial]:
        trials = self._study.get_trials(deepcopy=deepcopy)
        return [trial for trial in trials if INTERRUPTED not in trial.user_attrs]


class HyperBand(HyperbandPruner):
    """HyperBand that keeps a resumed trial in its bracket, and counts it there once."""

    def _get_bracket_id(self, study: optuna.Study, trial: FrozenTrial) -> int:
        if INTERRUPTED in trial.user_attrs:
            return -1  # in no bracket
        if (arm := trial.user_attrs.get("arm")) is not None:
            trial = copy.copy(trial)
            trial.number = int(arm.rpartition("-")[2])
        return super()._get_bracket_id(study, trial)


def make_pruner(name: str, epochs: int) -> BasePruner:
    """Return the pruner of a scheduler; its rungs are in the storage and survive a restart."""
    return PRUNERS[name](epochs)


PRUNERS: dict[str, Callable[[int], BasePruner]] = {
    "none": lambda epochs: NopPruner(),
    "asha": lambda epochs: Asha(min_resource=1, reduction_factor=REDUCTION),
    "hyperband": lambda epochs: HyperBand(
        min_resource=1, max_resource=epochs, reduction_factor=REDUCTION
    ),
    "median": lambda epochs: MedianPruner(n_startup_trials=4, n_warmup_steps=1),
}
"""Name -> function of the epochs of a run; `config.SCHEDULERS` describes each."""
