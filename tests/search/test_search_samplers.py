"""Every sampler draws as many distinct values as independent draws, for every kind of dimension.

A new sampler is made for every draw, so a sampler that starts from the same state each time would
repeat its values.
"""

import itertools
import math
import random
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from rpbind.search.quasirandom import parameters
from rpbind.search.sampling import make_sampler
from rpbind.spaces.space import Space

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)

KINDS: dict[str, dict[str, object]] = {
    "float": {"kind": "float", "low": 0.0, "high": 1.0},
    "log": {"kind": "float", "low": 1e-4, "high": 1e-1, "log": True},
    "int": {"kind": "int", "low": 1, "high": 9},
    "step": {"kind": "int", "low": 0, "high": 40, "step": 4},
    "intlog": {"kind": "int", "low": 1, "high": 64, "log": True},
    "choice": {"kind": "choice", "values": ["a", "b", "c", "d", "e"]},
    "layers": {"kind": "layers", "depth": [1, 3], "width": [8, 64]},
}
PARENT = {"path": "parent", "kind": "choice", "values": ["x", "y"]}
WHEN = {"path": "parent", "values": ["x"]}
SPACE = Space.model_validate(
    {
        "about": "Every kind, once without and once with a condition.",
        "dimension": [
            PARENT,
            *({"path": f"{name}.always", **dim} for name, dim in KINDS.items()),
            *({"path": f"{name}.nested", "when": WHEN, **dim} for name, dim in KINDS.items()),
        ],
    }
)
NAMES = parameters(SPACE)
DRAWS = 24
SEEDS = (0, 1, 2)
RANDOM = "random", "qmc"
LEARNERS = "tpe", "cmaes", "nsga2"


def draws(name: str, seed: int, score: Callable[[int], float] | None) -> list[dict[str, object]]:
    """Draw like a search, with a new sampler for each trial.

    With a score, each trial is reported before the next draw; without one, none is.
    """
    study = optuna.create_study(direction="maximize")
    for number in range(DRAWS):
        study.sampler = make_sampler(name, SPACE, seed, number)
        trial = study.ask()
        SPACE.suggest(trial)
        if score is not None:
            study.tell(trial, score(number))
    return [trial.params for trial in study.get_trials(deepcopy=False)]


def distinct(drawn: list[dict[str, object]], name: str) -> int:
    return len({str(params[name]) for params in drawn if name in params})


class Independent:
    """Has the methods of an Optuna trial, and draws all values from one random generator."""

    def __init__(self, study: Any, sampler: optuna.samplers.RandomSampler) -> None:
        self.study, self.sampler, self.params = study, sampler, dict[str, Any]()

    def drawn(self, name: str, distribution: BaseDistribution) -> Any:
        value = self.sampler.sample_independent(self.study, self.study, name, distribution)
        return self.params.setdefault(name, value)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> Any:
        return self.drawn(name, FloatDistribution(low, high, log))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> Any:
        return self.drawn(name, IntDistribution(low, high, log, step))

    def suggest_categorical(self, name: str, choices: list[str]) -> Any:
        return self.drawn(name, CategoricalDistribution(choices))


@cache
def fewest() -> dict[str, int]:
    """Return 0.9 times the fewest distinct values in 100 repetitions with independent draws."""
    seen: dict[str, list[int]] = {name: [] for name in NAMES}
    for world in range(100):
        dice = optuna.samplers.RandomSampler(seed=world)
        several = [[independent(dice) for _ in range(DRAWS)] for _ in SEEDS]
        for name in NAMES:
            seen[name].append(sum(distinct(drawn, name) for drawn in several))
    return {name: int(0.9 * min(counts)) for name, counts in seen.items()}


def independent(dice: optuna.samplers.RandomSampler) -> dict[str, object]:
    trial = Independent(None, dice)
    SPACE.suggest(trial)
    return trial.params


@pytest.mark.parametrize(
    ("name", "reported"),
    [*((name, False) for name in RANDOM + LEARNERS), *((name, True) for name in RANDOM)],
)
def test_every_parameter_takes_as_many_values_as_with_independent_draws(
    name: str, reported: bool
) -> None:
    """Samplers that learn are tested without results only: with results they should vary less."""
    noise = random.Random(0)
    score = (lambda number: noise.random()) if reported else None
    several = [draws(name, seed, score) for seed in SEEDS]
    found = {each: sum(distinct(drawn, each) for drawn in several) for each in NAMES}
    few = {each: (count, fewest()[each]) for each, count in found.items() if count < fewest()[each]}
    assert not few


@pytest.mark.parametrize("name", [*RANDOM, "tpe", "cmaes"])
def test_no_real_number_is_drawn_twice(name: str) -> None:
    """nsga2 is left out, because its children inherit values of their parents."""
    noise = random.Random(0)
    drawn = draws(name, 0, lambda number: noise.random())
    for each in ("float.always", "log.always", "float.nested [x]", "log.nested [x]"):
        assert distinct(drawn, each) == sum(each in params for params in drawn) > 1


@pytest.mark.parametrize("name", ["float.always", "log.always", "log.nested [x]"])
def test_quasi_random_values_are_spread_more_evenly_than_random_ones(name: str) -> None:
    assert gap("qmc", name) < 0.85 * gap("random", name)


def gap(sampler_name: str, name: str) -> float:
    """Return the widest gap between neighbouring values, as a mean over ten searches."""
    gaps = []
    for seed in range(10):
        values = [float(str(p[name])) for p in draws(sampler_name, seed, None) if name in p]
        ordered = sorted(map(math.log, values) if name.startswith("log") else values)
        gaps.append(max(b - a for a, b in itertools.pairwise(ordered)))
    return sum(gaps) / len(gaps)


def test_searches_with_different_seeds_draw_different_quasi_random_points() -> None:
    one, other = (draws("qmc", seed, None) for seed in (0, 1))
    assert not {str(params) for params in one} & {str(params) for params in other}
