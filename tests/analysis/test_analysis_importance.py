from typing import Any

import numpy as np
import pytest
from toy_ledger import plan

from rpbind.analysis.importance import EVALUATORS, Importance, importances
from rpbind.analysis.summary import summarise
from rpbind.ledger import Row
from rpbind.recipe import Recipe

SEARCH: dict[str, Any] = {
    "sampler": "random",
    "dimensions": [
        {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-1, "log": True},
        {"path": "train.weight_decay", "kind": "float", "low": 0.0, "high": 0.1, "log": False},
        {"path": "model.memory", "kind": "choice", "values": ["pooled", "expanded", "residue"]},
    ],
}


def trials(count: int, effect: float) -> list[tuple[dict[str, Any], float]]:
    """Random trials in which residue memory adds `effect` standard deviations of the noise."""
    rng = np.random.default_rng(0)
    drawn_trials = []
    for _ in range(count):
        memory = str(rng.choice(["pooled", "expanded", "residue"]))
        drawn = {
            "train.lr": float(10 ** rng.uniform(-4, -1)),
            "train.weight_decay": float(rng.uniform(0, 0.1)),
            "model.memory": memory,
        }
        recipe = Recipe().with_(drawn).model_dump(mode="json")
        drawn_trials.append((recipe, float(rng.normal() + effect * (memory == "residue"))))
    return drawn_trials


def rated(count: int = 50, effect: float = 0.0) -> dict[str, Importance]:
    found = importances(SEARCH, trials(count, effect), np.random.default_rng(1))
    return {each.evaluator: each for each in found}


def test_the_only_hyperparameter_with_an_effect_is_first_and_above_the_noise_floor() -> None:
    fanova = rated(effect=3.0)["fANOVA"]
    assert next(iter(fanova.share)) == "model.memory"
    assert fanova.above == ("model.memory",)
    assert (fanova.sampler, fanova.trials) == ("random", 50)


def test_no_hyperparameter_is_above_the_noise_floor_if_scores_are_noise() -> None:
    found = rated()
    assert list(found) == list(EVALUATORS)
    for each in found.values():
        assert sum(each.share.values()) == pytest.approx(1.0)
        assert max(each.share.values()) > 1 / 3
        assert each.floor > 1 / 3
        assert each.above == ()


def test_few_trials_equal_scores_and_hyperparameters_that_some_trials_lack_are_not_rated() -> None:
    rng = np.random.default_rng(0)
    assert importances(SEARCH, [], rng) == ()
    assert importances(SEARCH, trials(9, 3.0), rng) == ()
    level = [(recipe, 0.7) for recipe, _ in trials(30, 0.0)]
    assert importances(SEARCH, level, rng) == ()
    lacking = SEARCH | {
        "dimensions": [SEARCH["dimensions"][0], SEARCH["dimensions"][2] | {"path": "model.none"}]
    }
    assert importances(lacking, trials(30, 3.0), rng) == ()


def test_for_a_loss_the_hyperparameter_that_makes_trials_good_is_rated_highest() -> None:
    rng, rows = np.random.default_rng(3), []
    for n in range(120):
        lr, decay = float(10 ** rng.uniform(-4, -1)), float(rng.uniform(0, 0.1))
        # a low rate makes the best trials a little better; a high decay spoils the others by much
        loss = 0.6 - 0.1 * (lr < 1e-3) + 0.9 * (decay > 0.09) + 0.01 * float(rng.normal())
        recipe = Recipe().with_({"train.lr": lr, "train.weight_decay": decay})
        rows.append(
            Row.model_validate(
                {
                    "arm": f"trial-{n:04d}", "seed": 1000, "state": "done", "stage": "search",
                    "recipe": recipe.model_dump(mode="json"), "recipe_id": recipe.id,
                    "ended": f"{n:04d}", "metrics": {"validation.loss": loss}, "proteins": [],
                }
            )
        )  # fmt: skip
    study_plan = plan().model_copy(
        update={"search": SEARCH | {"objectives": ["loss"], "dimensions": SEARCH["dimensions"][:2]}}
    )
    rated = {each.evaluator: each for each in summarise(study_plan, [], rows).importances}
    assert next(iter(rated["PED-ANOVA"].share)) == "train.lr"
