"""Which searched hyperparameters explain the score, and what pure noise would look like.

Optuna's evaluators rate every hyperparameter. The same trials with permuted scores show how high
they rate noise. Exploratory: trials are not paired, and a sampler that prefers good regions (TPE)
biases the rating.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    MeanDecreaseImpurityImportanceEvaluator,
    PedAnovaImportanceEvaluator,
    get_param_importances,
)

from rpbind.recipe import canonical

FEWEST = 10
"""With fewer finished trials than this, nothing is rated."""
PERMUTATIONS = 20
TREES = 16
MISSING = object()
EVALUATORS: dict[str, Callable[[], BaseImportanceEvaluator]] = {
    "fANOVA": lambda: FanovaImportanceEvaluator(n_trees=TREES, seed=0),
    "PED-ANOVA": lambda: PedAnovaImportanceEvaluator(),
    "mean decrease of impurity": lambda: MeanDecreaseImpurityImportanceEvaluator(
        n_trees=TREES, seed=0
    ),
}


@dataclass(frozen=True)
class Importance:
    """One evaluator's importances.

    Parameters
    ----------
    evaluator
        Name of the evaluator.
    sampler
        Sampler that proposed the trials.
    trials
        Number of trials.
    share
        {path of a hyperparameter: its share of the score's variance}; the shares sum to 1.
    floor
        Noise floor: in 19 of 20 permutations of the scores, the largest share is below it.
    permutations
        Number of permutations.
    """

    evaluator: str
    sampler: str
    trials: int
    share: dict[str, float]
    floor: float
    permutations: int

    @property
    def above(self) -> tuple[str, ...]:
        """The hyperparameters whose share is above the noise floor."""
        return tuple(path for path, share in self.share.items() if share > self.floor)


def importances(
    search: dict[str, Any],
    trials: Sequence[tuple[dict[str, Any], float]],
    rng: np.random.Generator,
) -> tuple[Importance, ...]:
    """Return the importances by every evaluator for the finished trials of one search.

    `search` is the plan's description of it, `trials` are (recipe, score); a higher score must be
    better, because PED-ANOVA rates what makes trials good. Conditional hyperparameters, and those
    that some trials lack, are not rated. Empty if there are fewer than 10 trials, if all scores are
    equal, or if fewer than two hyperparameters vary.
    """
    value_N = np.array([value for _, value in trials])
    if len(trials) < FEWEST or np.ptp(value_N) == 0.0:
        return ()
    drawn = {dim["path"]: [_at(r, dim["path"]) for r, _ in trials] for dim in search["dimensions"]}
    space = {
        dim["path"]: _distribution(dim, drawn[dim["path"]])
        for dim in search["dimensions"]
        if MISSING not in drawn[dim["path"]] and not dim.get("when")
    }
    space = {path: made for path, made in space.items() if not made.single()}
    if len(space) < 2:
        return ()
    params = [
        {path: _parameter(drawn[path][n], made) for path, made in space.items()}
        for n in range(len(trials))
    ]
    return tuple(
        _rate(name, str(search["sampler"]), (params, space), value_N, rng) for name in EVALUATORS
    )


def _rate(
    name: str,
    sampler: str,
    data: tuple[list[dict[str, Any]], dict[str, BaseDistribution]],
    value_N: NDArray[np.float64],
    rng: np.random.Generator,
) -> Importance:
    tops = [
        max(_shares(name, data, rng.permutation(value_N)).values()) for _ in range(PERMUTATIONS)
    ]
    return Importance(
        evaluator=name,
        sampler=sampler,
        trials=len(value_N),
        share=_shares(name, data, value_N),
        floor=float(np.quantile(tops, 0.95)),
        permutations=PERMUTATIONS,
    )


def _shares(
    name: str,
    data: tuple[list[dict[str, Any]], dict[str, BaseDistribution]],
    value_N: NDArray[np.float64],
) -> dict[str, float]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    params, space = data
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(params=drawn, distributions=space, value=value)
            for drawn, value in zip(params, value_N.tolist(), strict=True)
        ]
    )
    rated = get_param_importances(study, evaluator=EVALUATORS[name]())
    return {path: float(share) for path, share in rated.items()}


def _distribution(dimension: dict[str, Any], values: list[Any]) -> BaseDistribution:
    if dimension["kind"] in ("float", "int"):
        return FloatDistribution(dimension["low"], dimension["high"], log=dimension["log"])
    return CategoricalDistribution(sorted({canonical(value) for value in values}))


def _parameter(value: Any, made: BaseDistribution) -> Any:
    return canonical(value) if isinstance(made, CategoricalDistribution) else float(value)


def _at(recipe: dict[str, Any], path: str) -> Any:
    node: Any = recipe
    for key in path.split("."):
        node = node.get(key, MISSING) if isinstance(node, dict) else MISSING
    return node
