"""The word "off" leaves an optional field out, in changes, recipe files and spaces."""

from pathlib import Path
from typing import Any

import pytest

from rpbind.design.design import path
from rpbind.errors import UserError
from rpbind.ledger import Row
from rpbind.ledger.search_results import summarise_search
from rpbind.recipe.base import optional_fields
from rpbind.recipe.files import read_recipe
from rpbind.recipe.presets import FIXED, OLD
from rpbind.spaces.space import Space, check_space
from rpbind.spaces.suggesters import FixedSuggester

USED: dict[str, Any] = {
    "model.experiment": "name",
    "model.feed_forward": {"hidden": 64},
    "train.clip_norm": 0.5,
    "train.stop_after": 3,
}
"""Every optional field of a recipe, and one of its values."""
BASE = OLD.with_(USED)
PATHS = sorted(USED)


def space(field: str, *values: Any) -> Space:
    dimension = {"path": field, "kind": "choice", "values": list(values)}
    return Space.model_validate({"about": "Off or on.", "dimension": [dimension]})


def test_every_optional_field_is_tried_here() -> None:
    assert {field.rpartition(".")[2] for field in USED} == optional_fields()


@pytest.mark.parametrize("field", PATHS)
def test_off_leaves_a_field_out_in_a_change_and_in_a_file(field: str, tmp_path: Path) -> None:
    without = BASE.with_({field: None})
    assert BASE.with_({field: "off"}) == without
    assert without.value(field) is None
    part, name = field.split(".")
    (tmp_path / "mine.toml").write_text(f'[{part}]\n{name} = "off"\n')
    assert read_recipe(tmp_path / "mine.toml") == OLD.with_({field: None})


@pytest.mark.parametrize("field", PATHS)
def test_a_space_can_draw_off_and_find_it_again(field: str) -> None:
    searched = space(field, "off", USED[field])
    check_space(searched, BASE)
    for wanted in (None, USED[field]):
        recipe = BASE.with_({field: wanted})
        point = searched.find(recipe)
        assert BASE.with_(searched.suggest(FixedSuggester(point))) == recipe
    assert len(searched.grid()) == 2


@pytest.mark.parametrize("field", PATHS)
@pytest.mark.parametrize("word", ["none", "null", "", False])
def test_another_word_for_off_is_refused_with_a_hint(field: str, word: Any) -> None:
    name = field.rpartition(".")[2]
    with pytest.raises(UserError, match=f'to leave {name} out, write "off"'):
        check_space(space(field, word, USED[field]), BASE)


def test_the_error_about_a_required_field_does_not_suggest_off() -> None:
    with pytest.raises(UserError, match=r"train\.lr") as error:
        BASE.with_({"train.lr": "off"})
    assert "leave" not in str(error.value)


@pytest.mark.parametrize("switch", [True, False])
def test_a_boolean_is_not_a_number(switch: bool) -> None:
    with pytest.raises(UserError, match=r"train\.clip_norm: expected a valid number"):
        BASE.with_({"train.clip_norm": switch})


def test_none_as_a_memory_is_a_choice_and_not_off() -> None:
    searched = space("model.memory", "none", "pooled")
    check_space(searched, FIXED)
    without = FIXED.with_({"model.memory": "none"})
    assert without.model.memory.kind == "none"
    assert searched.find(without) == {"model.memory": '"none"'}


def test_a_field_of_a_part_that_is_off_is_refused_with_the_reason() -> None:
    with pytest.raises(UserError, match=r"since model\.feed_forward is off"):
        OLD.with_({"model.feed_forward.hidden": 64})


def test_a_space_can_switch_a_part_off_or_search_its_fields() -> None:
    on: dict[str, Any] = {}
    width = {"path": "model.feed_forward.hidden", "kind": "int", "low": 16, "high": 99,
             "when": {"path": "model.feed_forward", "values": [on]}}  # fmt: skip
    which = {"path": "model.feed_forward", "kind": "choice", "values": ["off", on]}
    searched = Space.model_validate({"about": "Off or on.", "dimension": [which, width]})
    check_space(searched, FIXED)
    for recipe in (FIXED.with_({"model.feed_forward.hidden": 17}), OLD):
        point = searched.find(recipe)
        assert recipe.with_(searched.suggest(FixedSuggester(point))) == recipe


def test_an_ablation_can_switch_a_field_off() -> None:
    design = path(("on", BASE), ("off", BASE.with_({"train.clip_norm": "off"})),
                  {"clip": ("train.clip_norm",)})  # fmt: skip
    assert design.arms[-1].recipe["train"]["clip_norm"] is None


def test_a_table_of_trials_distinguishes_off_from_an_absent_field() -> None:
    recipes = [BASE, BASE.with_({"train.clip_norm": "off"}), OLD]
    rows = [
        Row(arm=f"trial-{n:04d}", seed=0, state="done", stage="search", ended=str(n),
            recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id)
        for n, recipe in enumerate(recipes)
    ]  # fmt: skip
    shown = [trial.fields for trial in summarise_search(rows).trials]
    assert [each["train.clip_norm"] for each in shown] == [0.5, "off", "off"]
    assert [each["model.feed_forward"] for each in shown] == [None, None, "off"]
