"""From a study's schema to its arms: the designs of the experiments, sizes, and named mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rpbind.cli import ablate as command
from rpbind.design.changes import CONTEXT_CHANGES, ORIGINAL_CHANGES, chosen, differing, move
from rpbind.design.design import Design, add_one_in, leave_one_out, path
from rpbind.design.factorial import factorial
from rpbind.errors import UserError
from rpbind.options import Options
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD
from rpbind.search.search import Sweep
from rpbind.search.tuning import emptied, neutral, tuned
from rpbind.spaces.space import load_space
from rpbind.studyfile.build import Built, build
from rpbind.studyfile.given import spec_of
from rpbind.studyfile.run import USUAL, Call, options_of

CONTEXT = command.WITH_CONTEXT
OPTIONS = Options(defaults=USUAL)


def built(**fields: Any) -> Built:
    spec = spec_of(fields, {})
    return build(spec, options_of(spec, Call()))


def values(changes: Mapping[str, Any], end: Recipe) -> dict[str, dict[str, Any]]:
    return {name: {each: end.value(each) for each in its} for name, its in changes.items()}


ALL = values(ORIGINAL_CHANGES, FIXED) | values(CONTEXT_CHANGES, CONTEXT)
TO_FIXED = {"start": "old", "end": "fixed", "changes": list(ORIGINAL_CHANGES)}
TO_CONTEXT = {"start": "fixed", "end": "context-residue", "changes": list(CONTEXT_CHANGES)}
ENDS = ("old", "context-residue")


def stages(kind: str) -> list[dict[str, Any]]:
    return [{"kind": kind, **TO_FIXED}, {"kind": kind, **TO_CONTEXT}]


def main_ablation(kind: str, old: Recipe, fixed: Recipe, context: Recipe, factors: str) -> Design:
    """The designs of `rpbind ablate` from recipes: what every study of it was so far."""
    ends = ("old", old), ("context-residue", context)
    changes = differing(command.CHANGES, old, context)
    if kind == "leave-one-out":
        return leave_one_out(*ends, changes)
    if kind == "add-one-in":
        return add_one_in(*ends, changes)
    if kind == "factorial":
        return factorial(ends[1], old, chosen(changes, factors))
    fix = differing(ORIGINAL_CHANGES, old, fixed)
    there, back = (
        path(ends[0], ("fixed", fixed), fix, reverse=reverse).then(
            path(("fixed", fixed), ends[1], CONTEXT_CHANGES, reverse=reverse)
        )
        for reverse in (False, True)
    )
    return {"path": there, "path-reverse": back, "path-both": there.then(back)}[kind]


@pytest.mark.parametrize("kind", command.DESIGNS)
def test_the_command_ablates_by_the_designs_of_all_its_earlier_studies(kind: str) -> None:
    mine = built(**command.design(kind, command.FACTORS))
    sized = [OPTIONS.sized(recipe) for recipe in (OLD, FIXED, CONTEXT)]
    assert mine.design == main_ablation(kind, *sized, factors=command.FACTORS)


@pytest.mark.parametrize(
    ("kind", "design"),
    [
        ("path", stages("path")),
        ("path-reverse", stages("path-reverse")),
        ("path-both", stages("path") + stages("path-reverse")),
    ],
)
def test_a_path_over_a_named_stage_is_that_of_the_main_ablation(kind: str, design: Any) -> None:
    mine = built(reference="old", changes=ALL, ends=ENDS, design=design)
    sized = [OPTIONS.sized(recipe) for recipe in (OLD, FIXED, CONTEXT)]
    assert mine.design == main_ablation(kind, *sized, factors="")


@pytest.mark.parametrize("kind", ["leave-one-out", "add-one-in"])
def test_one_change_at_a_time_is_that_of_the_main_ablation(kind: str) -> None:
    changes = {name: ALL[name] for name in command.CHANGES}
    mine = built(reference="old", changes=changes, ends=ENDS, design=kind)
    sized = [OPTIONS.sized(recipe) for recipe in (OLD, FIXED, CONTEXT)]
    assert mine.design == main_ablation(kind, *sized, factors="")


def test_a_factorial_combines_its_changes_and_leaves_the_rest_as_it_is_in_the_reference() -> None:
    factors = chosen(command.CHANGES, command.FACTORS)
    fields = [field for its in factors.values() for field in its]
    mine = built(
        reference={"preset": "fixed"} | {"model": move(CONTEXT, OLD, fields).value("model")},
        changes=values(factors, CONTEXT), ends=ENDS, design="factorial",
    )  # fmt: skip
    sized = [OPTIONS.sized(recipe) for recipe in (OLD, FIXED, CONTEXT)]
    assert mine.design == main_ablation("factorial", *sized, factors=command.FACTORS)


def test_tuned_arms_begin_equal_in_what_is_searched_as_in_the_main_ablation() -> None:
    mine = built(
        reference="old", changes=ALL, ends=ENDS, design=stages("path"),
        search={"base": "fixed", "tune_arms": 3, "searches": 2},
    )  # fmt: skip
    old, fixed, context = (OPTIONS.sized(recipe) for recipe in (OLD, FIXED, CONTEXT))
    nuisance = load_space("nuisance", fixed, OPTIONS.width())
    old, context = (neutral(recipe, fixed, nuisance) for recipe in (old, context))
    whole = main_ablation("path", old, fixed, context, "")
    assert mine.design == emptied(whole)
    assert mine.sweep == replace(tuned(whole, nuisance, 3), searches_per_arm=2)
    assert mine.control is None


def test_several_designs_are_joined_and_share_their_ends() -> None:
    mine = built(
        reference="old", changes=values(ORIGINAL_CHANGES, FIXED), ends=("old", "fixed"),
        design=["path", "path-reverse", "leave-one-out"],
    )  # fmt: skip
    ends = ("old", OPTIONS.sized(OLD)), ("fixed", OPTIONS.sized(FIXED))
    there, back = (path(*ends, ORIGINAL_CHANGES, reverse=each) for each in (False, True))
    assert mine.design == there.then(back).then(leave_one_out(*ends, ORIGINAL_CHANGES))


def test_a_search_alone_begins_from_its_base_and_is_confirmed_beside_it() -> None:
    mine = built(reference="fixed", search={"space": "original", "trials": 7})
    recipe = OPTIONS.sized(FIXED)
    assert [arm.name for arm in mine.design.arms] == ["base"]
    assert mine.sweep == Sweep.of(recipe, load_space("original", recipe, 8), 7)
    assert (mine.experiment, mine.control) == ("tune", "base")


def test_arms_beyond_the_design_are_compared_as_they_are_asked_for() -> None:
    mine = built(
        reference="conv-residue",
        arms=[
            {"name": memory, "changes": {"model.memory": memory}, "about": memory}
            for memory in ("none", "pooled")
        ],
        contrasts=[{"name": "pooled-against-none", "arm": "pooled", "reference": "none"}],
        design_name="memories",
    )
    base = OPTIONS.sized(CONV_RESIDUE)
    assert [(arm.name, arm.recipe_id, arm.change) for arm in mine.design.arms] == [
        (memory, base.with_({"model.memory": memory}).id, memory) for memory in ("none", "pooled")
    ]
    assert [each.name for each in mine.contrasts] == ["pooled-against-none"]
    assert mine.design.name == "memories"


def recipe_of(mine: Built, name: str) -> Recipe:
    (found,) = [arm for arm in mine.design.arms if arm.name == name]
    return Recipe.model_validate(found.recipe)


def test_widths_are_divided_in_a_changed_encoder_as_in_the_reference() -> None:
    conv = {"model.encoder": {"kind": "conv", "dim": 64}}
    mine = built(changes={"conv": conv}, narrower=8)
    assert recipe_of(mine, "conv").value("model.encoder.dim") == 8
    assert recipe_of(mine, "reference").value("model.classifier.hidden") == [32, 16]


def test_a_change_of_epochs_holds_in_its_arm_and_the_option_in_all_others() -> None:
    changes = {"long": {"train.epochs": 9}, "slow": {"train.lr": 1e-4}}
    mine = built(changes=changes, epochs=3)
    epochs = [recipe_of(mine, name).train.epochs for name in ("reference", "long", "slow")]
    assert epochs == [3, 9, 3]


def test_a_recipe_that_is_no_preset_keeps_its_size_and_so_do_its_changes() -> None:
    conv = {"model.encoder": {"kind": "conv", "dim": 64}}
    mine = built(reference=FIXED, changes={"conv": conv})
    assert recipe_of(mine, "reference") == FIXED
    assert recipe_of(mine, "conv").value("model.encoder.dim") == 64


def test_the_rule_of_a_study_over_folds_names_its_own_interval() -> None:
    change = {"slow": {"train.lr": 1e-4}}
    assert "two-way interval" in built(changes=change).question.rule
    rule = built(changes=change, split="folds:3").question.rule
    assert "over folds, interval of Nadeau and Bengio" in rule
    assert "two-way" not in rule


def test_the_margin_is_part_of_the_rule() -> None:
    change = {"slow": {"train.lr": 1e-4}}
    assert built(changes=change).question.rule.endswith("within 0.010.")
    assert built(changes=change, delta=0.02).question.rule.endswith("within 0.020.")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Give changes, arms or a search"),
        ({"changes": {"a": {"train.lr": 0.1}}, "design": "pth"}, r"Did you mean 'path'|path"),
        ({"changes": {"a": {"train.lr": 0.1}}, "controls": "refrence"}, "'reference'"),
        ({"changes": {"a": {"train.lr": 0.1}}, "seeds": 0}, "seeds"),
        ({"changes": {"a": {"train.lr": 0.1}}, "sedes": 2}, "Did you mean 'seeds'"),
        (
            {
                "changes": {"a": {"train.lr": 0.1}},
                "predict": [{"contrast": "b", "expect": "inert"}],
            },
            "The contrast of a prediction is one of a; got 'b'",
        ),
        (
            {
                "changes": {"a": {"train.lr": 0.1}},
                "predict": [{"contrast": "a", "expect": "beter"}],
            },
            "Did you mean 'better'",
        ),
        (
            {
                "changes": {"a": {"train.lr": 0.1}, "b": {"train.lr": 0.2}},
                "design": [{"kind": "path", "start": "fixd"}],
            },
            r"start",
        ),
        ({"search": {"trials": 2, "tune_arms": 2}}, "trials and tune_arms"),
        ({"search": {"warm_start": [{"train.lrr": 0.1}]}}, "no configuration"),
        ({"reference": {"preset": "fixed", "file": "a.toml"}, "arms": []}, "both given"),
        ({"arms": [{"name": "a", "changes": {"train.lrr": 0.1}}]}, r"arm 'a' .*train\.lr"),
    ],
)
def test_a_study_that_cannot_be_built_is_refused_with_the_reason(
    fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        built(**fields)


def test_two_changes_of_one_field_are_named_and_stand_beside_each_other_one_at_a_time() -> None:
    changes = {"a": {"train.lr": 0.1}, "b": {"train.lr": 0.2}}
    assert len(built(changes=changes).design.arms) == 3
    with pytest.raises(UserError, match=r"'a' and 'b' both set train\.lr"):
        built(changes=changes, design="path")


def test_nested_tables_and_dotted_paths_mean_the_same_change() -> None:
    dotted = {"model.encoder": {"kind": "conv", "dim": 16}, "train.lr": 0.1}
    nested = {"model": {"encoder": {"kind": "conv", "dim": 16}}, "train": {"lr": 0.1}}
    assert spec_of({"changes": {"a": dotted}}, {}) == spec_of({"changes": {"a": nested}}, {})


def test_data_is_opened_where_the_options_say(tmp_path: Path) -> None:
    spec = spec_of({"changes": {"a": {"train.lr": 0.1}}}, {"data": tmp_path, "workers": 2})
    assert (spec.data, spec.resources.workers) == (str(tmp_path), 2)
