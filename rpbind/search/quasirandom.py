"""Quasi-random search: one scrambled Sobol sequence over all parameters, conditional or not.

Optuna's `QMCSampler` takes its parameters from the first trial. It draws those that the first trial
lacked at random, and a new sampler draws them from the start of the same random sequence again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
from optuna._transform import _SearchSpaceTransform
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial
from scipy.stats.qmc import Sobol

from rpbind.spaces.space import Space
from rpbind.spaces.suggesters import NameCollector


class QuasiRandom(BaseSampler):
    """The point of the sequence at one index: for every parameter, a share of its range in [0, 1).

    Parameters
    ----------
    space
        Its parameters are the dimensions of the sequence.
    seed
        Random number of the scrambling.
    place
        Index of the point, from 0.
    """

    def __init__(self, space: Space, seed: int, place: int) -> None:
        names = parameters(space)
        sequence = Sobol(len(names), scramble=True, seed=seed)
        if place:
            sequence.fast_forward(place)
        self.shares = dict(zip(names, sequence.random(1)[0].tolist(), strict=True))

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return no parameters: each is drawn for itself, from its own share."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return no values, as there are no parameters that are drawn together."""
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return the value at the parameter's share of its range."""
        share = self.shares[param_name]
        if isinstance(param_distribution, CategoricalDistribution):
            return param_distribution.choices[int(share * len(param_distribution.choices))]
        unit = _SearchSpaceTransform({param_name: param_distribution}, transform_0_1=True)
        return unit.untransform(np.array([share]))[param_name]


def parameters(space: Space) -> list[str]:
    """Return the names of all Optuna parameters of a space, in its order."""
    names = NameCollector()
    for dim in space.dimension:
        dim.suggest(names)
    return list(names.names)
