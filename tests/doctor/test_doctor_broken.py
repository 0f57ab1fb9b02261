"""Models that are broken on purpose, and the doctor's findings on each."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from toy_trainings import (
    AlwaysZero,
    LabelBlind,
    OfTheBatch,
    ProteinBlind,
    Unmasked,
    UnmaskedLoader,
    shuffled,
    trained,
    untrained,
)

from rpbind.doctor.examine import Examination, examine_trained, examine_untrained
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

POOLED = {"model__memory": "pooled"}


def names(seen: Examination, severity: str = "") -> list[str]:
    return [one.name for one in seen.findings if one.severity == severity or not severity]


def test_a_healthy_model_has_no_finding_before_or_after_training(inputs: Inputs) -> None:
    assert names(examine_untrained(untrained(inputs))) == []
    after = examine_trained(trained(untrained(inputs)))
    assert names(after) == []
    assert after.measured["validation.auroc"] > 0.9


def test_without_a_working_residual_the_rna_does_not_reach_the_head(inputs: Inputs) -> None:
    without = untrained(inputs, **POOLED, model__residual=False)
    assert {"RNA ignored", "no gradient: encoder"} <= set(
        names(examine_untrained(without), "error")
    )
    dead = untrained(inputs, **POOLED)
    dead.model.bypass = AlwaysZero(16)
    assert {"RNA ignored", "no gradient: encoder"} <= set(names(examine_untrained(dead), "error"))


def test_a_frozen_encoder_is_found_however_it_was_frozen(inputs: Inputs) -> None:
    without_gradient = untrained(inputs)
    without_gradient.model.encoder.requires_grad_(False)
    assert names(examine_untrained(without_gradient)) == ["frozen weights: encoder"]
    not_optimized = untrained(inputs)
    others = [p for n, p in not_optimized.model.named_parameters() if not n.startswith("encoder")]
    not_optimized.optimizer = torch.optim.Adam(others, lr=3e-3)
    assert names(examine_untrained(not_optimized)) == ["frozen weights: encoder"]


def test_constant_logits_are_one_finding_and_hide_what_follows_from_them(inputs: Inputs) -> None:
    constant = untrained(inputs)
    constant.model.head[-1].weight.data.zero_()
    constant.model.head[-1].weight.requires_grad_(False)
    assert names(examine_untrained(constant)) == ["constant logits"]


def test_a_head_that_starts_at_zero_and_learns_is_not_constant(inputs: Inputs) -> None:
    waking = untrained(inputs)
    torch.nn.init.zeros_(waking.model.head[-1].weight)
    assert names(examine_untrained(waking)) == []


def test_a_loader_that_mixes_up_labels_is_found_by_another_order_of_windows(inputs: Inputs) -> None:
    blind = untrained(inputs)
    blind.inputs = LabelBlind(**vars(inputs))
    assert names(examine_untrained(blind)) == ["labels do not follow windows"]


@pytest.mark.parametrize("where", ["memory", "loader"])
def test_padding_without_a_mask_changes_logits_and_is_found(inputs: Inputs, where: str) -> None:
    broken = untrained(inputs)
    if where == "memory":
        broken.model.memory = Unmasked(broken.model.memory)
    else:
        broken.inputs = UnmaskedLoader(**vars(inputs))
    assert "padding counts" in names(examine_untrained(broken), "error")


def test_a_learning_rate_of_10_makes_steps_too_large(inputs: Inputs) -> None:
    assert names(examine_untrained(untrained(inputs, train__lr=10.0)), "error") == [
        "steps too large"
    ]


def test_with_a_learning_rate_of_0_weights_do_not_move(inputs: Inputs) -> None:
    still = untrained(inputs)
    still.optimizer.param_groups[0]["lr"] = 0.0
    assert names(examine_untrained(still)) == ["weights do not move"]


def test_shuffled_labels_are_memorised_and_predict_no_other_window(inputs: Inputs) -> None:
    model = untrained(shuffled(inputs), train__epochs=12, model__encoder__dim=32)
    assert "memorised" in names(examine_trained(trained(model)), "error")


@pytest.mark.parametrize(("weight", "found"), [(1.0, True), (0.1, True), (0.0, False)])
def test_a_window_whose_score_depends_on_its_batch_is_found_before_and_after_training(
    inputs: Inputs, weight: float, found: bool
) -> None:
    before, after = untrained(inputs), trained(untrained(inputs))
    for training in (before, after):
        training.model.head = OfTheBatch(training.model.head, weight)
    assert ("sees other windows" in names(examine_untrained(before), "warning")) == found
    assert ("sees other windows" in names(examine_trained(after), "warning")) == found


def test_an_ignored_protein_is_found_by_swapping_it(inputs: Inputs) -> None:
    blind = untrained(inputs)
    blind.model.memory = ProteinBlind(blind.model.memory)
    assert names(examine_untrained(blind), "error") == ["protein ignored"]


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"old"}))
def test_every_preset_but_old_is_alive(inputs: Inputs, name: str) -> None:
    recipe = narrowed(PRESETS[name], 8)
    assert names(examine_untrained(Training(recipe, 0, inputs)), "error") == []


def test_training_windows_of_one_class_are_found(inputs: Inputs) -> None:
    bound = replace(inputs, label_N=torch.ones_like(inputs.label_N))
    assert "one class only" in names(examine_untrained(untrained(bound)), "error")


def test_experiments_of_one_sequence_are_told_unless_the_model_knows_them(inputs: Inputs) -> None:
    one, other, *rest = inputs.proteins
    twins = replace(inputs, proteins=(one, replace(other, sequence=one.sequence), *rest))
    assert names(examine_untrained(untrained(twins)), "info") == ["experiments share a sequence"]
    assert names(examine_untrained(untrained(twins, model__experiment="name")), "info") == []
