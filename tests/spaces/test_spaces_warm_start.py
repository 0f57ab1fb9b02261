from pathlib import Path

import pytest
from toy_search import BASE, SPACE, drive, opened, toy_sweep

from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.recipe.presets import FIXED
from rpbind.spaces.warm_start import BEST, warm_start


def test_presets_and_recipe_files_become_points_of_the_space_without_repeats(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.json").write_text(FIXED.with_({"train.lr": 0.02}).model_dump_json())
    points = warm_start(["fixed", str(tmp_path / "mine.json"), "fixed"], SPACE, BASE)
    assert points == (
        {"train.lr": 3e-3, "train.weight_decay": 1e-5},
        {"train.lr": 0.02, "train.weight_decay": 1e-5},
    )


def test_the_best_configuration_of_an_earlier_study_comes_first(tmp_path: Path) -> None:
    sweep = toy_sweep(12)
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    plan = Plan(
        study="x", question="", prediction="", rule="", design="search", arms=(), contrasts=(),
        seeds=(0,), dataset="", split="", search=sweep.plan_entry(), created="",
    )  # fmt: skip
    Ledger(tmp_path).begin(plan)
    points = warm_start([str(tmp_path)], SPACE, BASE)
    assert len(points) == BEST
    assert points[0] == loop.study.best_params


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fixd", "Did you mean 'fixed'"),
        ("wild.json", r"train\.lr = 0\.5"),
        ("broken.json", r"broken\.json is not JSON: Extra data"),
        ("misspelt.json", r"no hyperparameter 'train\.learning_rate'\. Did you mean 'train\.lr'"),
        ("reports/nosuch", "'reports/nosuch'"),
    ],
)
def test_an_impossible_warm_start_is_refused_with_the_reason(
    name: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "wild.json").write_text(BASE.with_({"train.lr": 0.5}).model_dump_json())
    (tmp_path / "broken.json").write_text("{}}")
    (tmp_path / "misspelt.json").write_text('{"train": {"learning_rate": 0.1}}')
    given = str(tmp_path / name) if name.endswith("json") else name
    with pytest.raises(UserError, match=why):
        warm_start([given], SPACE, BASE)


RATE_ALONE = SPACE.model_copy(update={"dimension": SPACE.dimension[:1]})


def test_a_recipe_outside_the_search_is_refused_with_the_fields_and_an_alternative() -> None:
    with pytest.raises(UserError) as error:
        warm_start(["old"], RATE_ALONE, BASE)
    for fact in ("--warm-start old", "model.memory.kind", "more", "--base"):
        assert fact in str(error.value)


def test_a_recipe_that_differs_only_in_searched_fields_is_taken(tmp_path: Path) -> None:
    mine = BASE.with_({"train.lr": 2e-2, "train.epochs": 3, "proteins": "triad"})
    (tmp_path / "mine.json").write_text(mine.model_dump_json())
    assert warm_start([str(tmp_path / "mine.json")], RATE_ALONE, BASE) == ({"train.lr": 2e-2},)


def test_trials_of_an_earlier_study_around_another_base_are_left_out(tmp_path: Path) -> None:
    sweep = toy_sweep(3)
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    plan = Plan(
        study="x", question="", prediction="", rule="", design="search", arms=(), contrasts=(),
        seeds=(0,), dataset="", split="", search=sweep.plan_entry(), created="",
    )  # fmt: skip
    Ledger(tmp_path).begin(plan)
    other = BASE.with_({"train.batch_size": 64})
    with pytest.raises(
        UserError, match=r"no complete trial that this search could make.*batch_size"
    ):
        warm_start([str(tmp_path)], SPACE, other)
