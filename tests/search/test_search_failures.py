"""Every sampler that learns treats failed trials as bad; in Optuna's storage they remain FAIL."""

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from toy_search import drive, opened, toy_sweep

from rpbind.ledger import Ledger
from rpbind.recipe import Recipe
from rpbind.search.config import SearchConfig
from rpbind.search.failures import LearnsFromFailures
from rpbind.search.sampling import make_sampler
from rpbind.spaces.space import Space

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)

Values = dict[str, Any]
RATE = {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e4, "log": True}
DROPOUT = {"path": "model.classifier.dropout", "kind": "float", "low": 0.0, "high": 0.5}
WIDTH = {"path": "model.attention.dim", "kind": "choice", "values": [32, 64, 128, 256]}
OPTIMIZER = {"path": "train.optimizer", "kind": "choice", "values": ["adam", "adamw"]}
DECAY = {
    "path": "train.weight_decay",
    "kind": "float",
    "low": 0.0,
    "high": 1.0,
    "when": {"path": "train.optimizer", "values": ["adamw"]},
}


def space(*dimensions: dict[str, Any]) -> Space:
    return Space.model_validate({"about": "A part of it fails.", "dimension": dimensions})


NUMERIC = space(RATE, DROPOUT)
CATEGORICAL = space(WIDTH, DROPOUT)
NESTED = space(WIDTH, OPTIMIZER, DECAY)


def diverges(drawn: Values) -> bool:
    """Whether the rate is in the upper half of its range, on the log scale."""
    return bool(drawn["train.lr"] > 1)


def out_of_memory(drawn: Values) -> bool:
    """Whether the width is one of the larger two."""
    return bool(drawn["model.attention.dim"] >= 128)


def score(drawn: Values) -> float:
    """Return a score that is best at a rate of 0.001 without dropout and decay."""
    rate = abs(math.log10(drawn.get("train.lr", 1e-3)) + 3)
    rest = drawn.get("model.classifier.dropout", 0.0) + drawn.get("train.weight_decay", 0.0)
    return float(0.9 - 0.05 * rate - 0.1 * rest)


def searched(
    name: str,
    space: Space,
    fails: Callable[[Values], bool],
    seed: int,
    *,
    trials: int = 40,
    objectives: int = 1,
    state: TrialState | None = TrialState.FAIL,
) -> list[tuple[Values, bool]]:
    """Search a space in which a region fails; return [(values, whether they failed)].

    With `state` None, failed trials are reported with a value worse than all others.
    """
    study = optuna.create_study(directions=["maximize", "minimize"][:objectives])
    found = []
    for number in range(trials):
        study.sampler = make_sampler(name, space, seed, number)
        trial = study.ask()
        drawn = space.suggest(trial)
        found.append((drawn, fails(drawn)))
        if fails(drawn) and state is not None:
            study.tell(trial, state=state)
        elif fails(drawn):
            study.tell(trial, [-1e6 - number, 1e6 + number][:objectives])
        else:
            study.tell(trial, [score(drawn), trial.number % 7][:objectives])
    return found


@pytest.mark.parametrize("objectives", [1, 2])
@pytest.mark.parametrize(
    ("space", "fails", "most"),
    [(NUMERIC, diverges, 25), (CATEGORICAL, out_of_memory, 45), (NESTED, out_of_memory, 45)],
    ids=["numeric", "categorical", "nested"],
)
def test_tpe_learns_to_avoid_the_region_where_trials_fail(
    space: Space, fails: Callable[[Values], bool], most: int, objectives: int
) -> None:
    """Half of the space fails: of the last 20 trials of 5 searches, 50 would fail by chance."""
    late = 0
    for seed in range(5):
        found = searched("tpe", space, fails, seed, objectives=objectives)
        late += sum(bad for _, bad in found[20:])
    assert late <= most


def test_tpe_finds_the_tenth_of_the_space_that_works() -> None:
    late = 0
    for seed in range(3):
        found = searched("tpe", NUMERIC, lambda drawn: drawn["train.lr"] > 10**-3.2, seed)
        late += sum(bad for _, bad in found[20:])
    assert late < 0.75 * 60  # 90 % fail by chance


@pytest.mark.parametrize(
    ("name", "objectives"), [("cmaes", 1), ("nsga2", 1), ("nsga2", 2)], ids=str
)
def test_a_failed_trial_has_the_effect_of_a_very_bad_value(name: str, objectives: int) -> None:
    options = {"trials": 50, "objectives": objectives}
    failed, bad = (
        searched(name, NUMERIC, diverges, 0, state=state, **options)  # type: ignore[arg-type]
        for state in (TrialState.FAIL, None)
    )
    assert sum(each for _, each in failed) >= 5
    assert failed == bad


def test_cmaes_learns_to_stay_away_from_a_cliff_where_trials_fail() -> None:
    """Scores rise towards the cliff, so its generations include trials beyond the cliff."""
    beyond = 0
    for seed in range(3):
        study = optuna.create_study(direction="maximize")
        for number in range(100):
            study.sampler = make_sampler("cmaes", NUMERIC, seed, number)
            trial = study.ask()
            rate = NUMERIC.suggest(trial)["train.lr"]
            if rate > 100:
                study.tell(trial, state=TrialState.FAIL)
                beyond += 1
            else:
                study.tell(trial, math.log10(rate))
    assert beyond < 95


@pytest.mark.parametrize("name", ["tpe", "cmaes", "nsga2"])
def test_a_search_whose_trials_all_fail_continues(name: str) -> None:
    found = searched(name, NUMERIC, lambda drawn: True, 0, trials=45)
    rates = [drawn["train.lr"] for drawn, _ in found]
    assert len(set(rates)) > 30
    if name == "tpe":  # it explores the whole range while nothing is good
        assert min(rates[20:]) < 1e-2 < 1e2 < max(rates[20:])


def nan_above(recipe: Recipe) -> float:
    return math.nan if recipe.train.lr > 1e-3 else recipe.train.lr


@pytest.mark.parametrize(
    ("name", "scheduler"), [("tpe", "none"), ("tpe", "asha"), ("cmaes", "asha"), ("nsga2", "asha")]
)
def test_failed_trials_are_stored_as_such_and_a_resumed_search_draws_the_same(
    name: str, scheduler: str, tmp_path: Path
) -> None:
    sweep = toy_sweep(24, config=SearchConfig(sampler=name, scheduler=scheduler))
    drawn = []
    for folder, parts in (("whole", (24,)), ("parts", (5, 12, 24))):
        for stop in parts:
            (loop,) = opened(sweep, tmp_path / folder, width=1)
            drive(loop, tmp_path / folder, nan_above, stop)
        trials = loop.study.get_trials(deepcopy=False)
        lasting = [trial for trial in trials if "interrupted" not in trial.user_attrs]
        drawn.append({trial.user_attrs["arm"]: trial.params for trial in lasting})
        states = {trial.state for trial in lasting if trial.params["train.lr"] > 1e-3}
        assert TrialState.FAIL in states
        assert TrialState.COMPLETE not in states
    assert len(drawn[0]) == 24
    assert drawn[0] == drawn[1]


def test_a_restored_storage_has_the_failed_trials_too(tmp_path: Path) -> None:
    sweep = toy_sweep(20)
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path, nan_above)
    (tmp_path / "optuna.journal").unlink()
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    assert len(Ledger(tmp_path).rows("search")) == 20
    learner = make_sampler("tpe", sweep.space, 0, 20)
    assert isinstance(learner, LearnsFromFailures)
    trials = loop.study.get_trials(deepcopy=False)
    failed = [trial.params for trial in trials if trial.state == TrialState.FAIL]
    bad = learner._view(loop.study).get_trials(states=(TrialState.PRUNED,))
    assert failed
    assert [trial.params for trial in bad] == failed


def test_an_interrupted_trial_does_not_count_as_failed() -> None:
    """It continues as another trial, whose result counts."""
    study = optuna.create_study(direction="maximize")
    study.sampler = make_sampler("tpe", NUMERIC, 0, 0)
    for mark in ({}, {"interrupted": True}):
        trial = study.ask()
        NUMERIC.suggest(trial)
        for key, value in mark.items():
            trial.set_user_attr(key, value)
        study.tell(trial, state=TrialState.FAIL)
    learner = study.sampler
    assert isinstance(learner, LearnsFromFailures)
    seen = learner._view(study).get_trials(states=(TrialState.PRUNED,))
    assert [trial.number for trial in seen] == [0]


def test_samplers_see_failed_trials_as_complete_and_the_storage_does_not() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    for values in ([0.5, 3.0], [0.7, 9.0], None):
        trial = study.ask()
        NUMERIC.suggest(trial)
        if values is None:
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, values)
    learner = make_sampler("nsga2", NUMERIC, 0, 3)
    assert isinstance(learner, LearnsFromFailures)
    (*_, bad) = learner._view(study).get_trials(deepcopy=False)
    assert bad.state == TrialState.COMPLETE
    assert bad.values[0] < 0.5
    assert bad.values[1] > 9.0
    assert study.get_trials()[-1].state == TrialState.FAIL
    assert study.get_trials()[-1].values is None
