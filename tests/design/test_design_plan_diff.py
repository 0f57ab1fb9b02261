from pathlib import Path
from typing import Any

import pytest

from rpbind.design.plan_diff import differences
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import ArmPlan, InterimAnalysis, Ledger, Plan, Row
from rpbind.recipe import Recipe
from rpbind.run.resources import Resources
from rpbind.study.extend import extended
from rpbind.study.launch import launch
from rpbind.study.status import status
from rpbind.train.opened import OpenData

LR = {name: Recipe().with_({"train.lr": lr}) for name, lr in (("a", 1e-3), ("b", 2e-3))}


def plan(seeds: tuple[int, ...] = (0, 1), **other: Any) -> Plan:
    fields: dict[str, Any] = {
        "study": "toy-x",
        "fingerprint": "x",
        "question": "?",
        "prediction": "!",
        "rule": ".",
        "design": "path",
        "arms": tuple(arm(name, recipe) for name, recipe in LR.items()),
        "contrasts": (),
        "seeds": seeds,
        "dataset": "world 1",
        "split": "cold-rna 2",
        "proteins_note": "physchem 3",
        "code": "rpbind 0.1 aa",
        "created": "",
    }
    return Plan(**(fields | other))


def arm(name: str, recipe: Recipe) -> ArmPlan:
    return ArmPlan(name=name, recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id)


def done(name: str, seed: int, state: Any = "done", **more: Any) -> Row:
    recipe = LR[name]
    return Row(arm=name, seed=seed, state=state, recipe=recipe.model_dump(mode="json"),
               recipe_id=recipe.id, ended="", **more)  # fmt: skip


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"dataset": "world 9"}, "dataset: world 1 → world 9"),
        ({"split": "random 2"}, "split: cold-rna 2 → random 2"),
        ({"proteins_note": "esm2 4"}, "protein vectors: physchem 3 → esm2 4"),
        ({"code": "rpbind 0.1 bb"}, "code of rpbind (its plan does not record the modules)"),
        ({"seeds": (0, 1, 2)}, "seeds: 0 to 1 → 0 to 2"),
        ({"seeds": (0, 7)}, "seeds: 0 to 1 → 0, 7"),
        (
            {"arms": (arm("a", LR["a"]), arm("b", LR["b"].with_({"train.lr": 0.5})))},
            "recipe of b: train.lr 0.002 → 0.5",
        ),
        ({"arms": (arm("a", LR["a"]),)}, "arm b is gone"),
        ({"search": {"trials": 3}}, "search trials None → 3"),
    ],
)
def test_a_difference_between_plans_is_named_with_both_values(
    other: dict[str, Any], named: str
) -> None:
    assert differences(plan(), plan(**other)) == [named]


def test_a_plan_without_recorded_modules_says_so() -> None:
    assert differences(plan(code=""), plan()) == [
        "code of rpbind (its plan does not record the modules)"
    ]
    assert differences(plan(), plan()) == []


def test_a_changed_study_is_refused_with_the_names_of_what_changed(
    tmp_path: Path,
) -> None:
    Ledger(tmp_path).begin(plan())
    other = plan(fingerprint="y", code="rpbind 0.1 bb")
    with pytest.raises(UserError, match="code of rpbind"):
        launch(other, DataSource(OpenData(tmp_path), None), Resources(), tmp_path)  # type: ignore[arg-type]


def test_a_row_of_other_data_does_not_count_and_its_attempt_number_is_not_reused(
    tmp_path: Path,
) -> None:
    from rpbind.design.plan import missing, planned_rows

    ledger = Ledger(tmp_path)
    ledger.append(done("a", 0, provenance={"split": "cold-rna 2", "bank": "physchem 3"}))
    ledger.append(done("a", 1, provenance={"split": "random 2", "bank": "physchem 3"}))
    ledger.append(done("b", 0, provenance={"bank": "random 5"}))
    assert list(planned_rows(plan(), ledger)) == [("a", 0)]
    assert missing(plan(), ledger) == {("a", 1): 1, ("b", 0): 1, ("b", 1): 0}


def test_added_seeds_follow_the_existing_ones_and_the_earlier_verdicts_are_recorded(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(plan())
    more = extended(plan(), ledger, 3)
    assert more.seeds == (0, 1, 2, 3, 4)
    (analysis,) = more.looks
    assert (analysis.seeds, analysis.verdicts) == (2, {})
    assert more.fingerprint == plan().fingerprint
    assert extended(plan(), ledger, 0) == plan()


def test_an_interrupted_extension_is_finished_before_another_begins(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    plan_before = plan(
        (0, 1, 2), looks=(InterimAnalysis(when="", seeds=2, verdicts={"b": "inert"}),)
    )
    ledger.begin(plan_before)
    for name in LR:
        for seed in (0, 1):
            ledger.append(done(name, seed))
    ledger.append(done("a", 2, "stopped"))
    ledger.append(done("b", 2, "failed"))
    assert extended(plan_before, ledger, 4) == plan_before
    ledger.append(done("a", 2, attempt=1))
    assert extended(plan_before, ledger, 4).seeds == tuple(range(7))


def test_adding_seeds_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--add-seeds extends an existing study"):
        launch(
            plan(), DataSource(OpenData(tmp_path), None), Resources(), tmp_path / "s", add_seeds=2
        )  # type: ignore[arg-type]


def test_the_status_counts_states_and_names_the_best(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(plan())
    for name, score in (("a", 0.6), ("b", 0.7)):
        ledger.append(done(name, 0, metrics={"validation.auroc_macro": score}))
    ledger.append(done("a", 1, "diverged"))
    result = status(ledger)
    assert result.states == {"done": 2, "diverged": 1, "planned": 1}
    assert result.words() == [
        "toy-x: not running",
        "4 planned runs: 2 done, 1 diverged, 1 planned",
        "best so far: b seed 0: validation AUROC 0.700",
    ]


def of_trial(number: int, seed: int, loss: float, state: str = "done", **more: Any) -> Row:
    metrics = {"validation.auroc_macro": loss, "validation.loss": loss} if state == "done" else {}
    made = done("a", seed, state, stage="search", metrics=metrics, **more)
    recipe = Recipe().with_({"train.lr": 1e-3 * (1 + number)})
    own = {"recipe": recipe.model_dump(mode="json"), "recipe_id": recipe.id}
    return made.model_copy(update={"arm": f"trial-{number:04d}", **own})


def test_the_status_counts_trials_once_and_names_the_best_by_the_objective(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    search = {"objectives": ["loss", "auroc"], "seeds_per_trial": 2}
    ledger.begin(plan().model_copy(update={"search": search}))
    ledger.append(done("a", 0, metrics={"validation.auroc_macro": 0.9}))
    losses = {(0, 0): 0.1, (0, 1): 0.9, (1, 0): 0.45, (1, 1): 0.35, (2, 0): 0.01}
    for (number, seed), loss in losses.items():
        ledger.append(of_trial(number, seed, loss))
    ledger.append(of_trial(3, 0, 0.0, "stopped", provenance={"stopped_by": "asha"}))
    ledger.append(of_trial(4, 0, 0.0))
    ledger.append(of_trial(4, 1, 0.0, "failed"))
    assert status(ledger).words()[2:] == [
        "search trials: 2 done, 1 failed, 1 pruned, 1 unfinished",
        "best so far: trial-0001, mean of 2 seeds: validation loss 0.400",
    ]


def test_differing_dimensions_of_two_spaces_are_named() -> None:
    rate = {"path": "train.lr", "kind": "float", "low": 0.1, "when": None}
    mask = {"path": "train.mask", "kind": "float", "low": 0.0, "when": None}
    before, after = (
        plan(search={"dimensions": dimensions})
        for dimensions in ([rate, mask], [{**rate, "low": 0.2}])
    )
    result = differences(before, after)
    assert "search dimensions.train.lr.low 0.1 → 0.2" in result
    assert all("train.lr" in each or "train.mask" in each for each in result)
