"""A design from a reference and named changes: which arms and contrasts follow."""

import doctest
from typing import Any

import pytest

from rpbind.design import own
from rpbind.design.kinds import COMBINED, DESIGNS
from rpbind.design.own import own_design
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.presets import FIXED

CHANGES: dict[str, dict[str, Any]] = {
    "no-residual": {"model.residual": False},
    "slow": {"train.lr": 1e-4, "train.weight_decay": 0.0},
    "conv": {"model.encoder": "conv"},
}


def recipe_of(kind: str, name: str) -> Recipe:
    (arm,) = [arm for arm in own_design(FIXED, CHANGES, kind).arms if arm.name == name]
    return Recipe.model_validate(arm.recipe)


def test_one_at_a_time_makes_each_change_alone_and_compares_it_with_the_reference() -> None:
    design = own_design(FIXED, CHANGES)
    assert [arm.name for arm in design.arms] == ["reference", "no-residual", "slow", "conv"]
    assert [(c.arm, c.reference) for c in design.contrasts] == [
        ("no-residual", "reference"), ("slow", "reference"), ("conv", "reference"),
    ]  # fmt: skip
    assert recipe_of("one-at-a-time", "slow") == FIXED.with_(CHANGES["slow"])


def test_a_path_makes_the_changes_one_after_another() -> None:
    design = own_design(FIXED, CHANGES, "path")
    assert [(c.arm, c.reference) for c in design.contrasts][:2] == [
        ("to-no-residual", "reference"), ("to-slow", "to-no-residual"),
    ]  # fmt: skip
    both = FIXED.with_(CHANGES["no-residual"] | CHANGES["slow"])
    assert recipe_of("path", "to-slow") == both


def test_leave_one_out_takes_each_change_out_of_all_of_them() -> None:
    kept = FIXED.with_(CHANGES["no-residual"] | CHANGES["conv"])
    assert recipe_of("leave-one-out", "no-slow") == kept


def test_a_factorial_design_runs_every_combination() -> None:
    design = own_design(FIXED, CHANGES, "factorial")
    recipes = {arm.recipe_id for arm in design.arms}
    assert len(recipes) == 2**3
    assert FIXED.id in recipes


def test_every_design_has_a_maker_and_says_what_it_compares() -> None:
    assert DESIGNS.keys() == {"one-at-a-time", *COMBINED}
    assert all(DESIGNS.values())


def test_alternatives_for_one_slot_are_compared_one_at_a_time_and_never_combined() -> None:
    changes = {"conv": {"model.encoder": "conv"}, "wide": {"model.encoder.dim": 64}}
    assert len(own_design(FIXED, changes).arms) == 3
    with pytest.raises(UserError, match=r"'conv' and 'wide' both set model\.encoder"):
        own_design(FIXED, changes, "path")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "one change of it or more"),
        ({"same": {"train.lr": FIXED.train.lr}}, "'same' changes nothing"),
        ({"typo": {"train.lrr": 0.1}}, r"train\.lr"),
        ({"wrong": {"train.lr": -1.0}}, r"'wrong' .*train\.lr"),
        ({"empty": {}}, "mapping from paths to values"),
        ({"reference": {"train.lr": 0.1}}, "rename the change"),
    ],
)
def test_changes_that_cannot_be_compared_are_refused(changes: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        own_design(FIXED, changes)


def test_an_unknown_design_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="leave-one-out"):
        own_design(FIXED, CHANGES, "leave-one-in")


def test_the_example_of_the_docstring_gives_what_it_shows() -> None:
    assert doctest.testmod(own) == (0, 3)
