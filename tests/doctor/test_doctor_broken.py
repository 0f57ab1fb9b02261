"""Models that are broken on purpose, and what the doctor says of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from toy_patients import (
    Deaf,
    LabelBlind,
    ProteinBlind,
    Unmasked,
    UnmaskedLoader,
    patient,
    shuffled,
    trained,
)

from rpbind.doctor.examine import Examination, check_up, look_back
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

POOLED = {"model__memory": "pooled"}


def names(seen: Examination, severity: str = "") -> list[str]:
    return [one.name for one in seen.findings if one.severity == severity or not severity]


def test_a_healthy_model_has_no_finding_before_or_after_training(inputs: Inputs) -> None:
    assert names(check_up(patient(inputs))) == []
    after = look_back(trained(patient(inputs)))
    assert names(after) == []
    assert after.measured["validation.auroc"] > 0.9


def test_a_dead_residual_keeps_the_rna_from_the_head(inputs: Inputs) -> None:
    without = patient(inputs, **POOLED, model__residual=False)
    assert {"RNA ignored", "no gradient: encoder"} <= set(names(check_up(without), "error"))
    dead = patient(inputs, **POOLED)
    dead.model.bypass = Deaf(16)
    assert {"RNA ignored", "no gradient: encoder"} <= set(names(check_up(dead), "error"))


def test_a_frozen_encoder_is_found_however_it_was_frozen(inputs: Inputs) -> None:
    asked = patient(inputs)
    asked.model.encoder.requires_grad_(False)
    assert names(check_up(asked)) == ["frozen weights: encoder"]
    forgotten = patient(inputs)
    others = [p for n, p in forgotten.model.named_parameters() if not n.startswith("encoder")]
    forgotten.optimizer = torch.optim.Adam(others, lr=3e-3)
    assert names(check_up(forgotten)) == ["frozen weights: encoder"]


def test_a_constant_head_says_one_number_and_is_told_once(inputs: Inputs) -> None:
    constant = patient(inputs)
    constant.model.head[-1].weight.data.zero_()
    constant.model.head[-1].weight.requires_grad_(False)
    assert names(check_up(constant)) == ["constant logits"]


def test_a_head_that_starts_at_zero_and_wakes_up_is_not_constant(inputs: Inputs) -> None:
    waking = patient(inputs)
    torch.nn.init.zeros_(waking.model.head[-1].weight)
    assert names(check_up(waking)) == []


def test_a_label_blind_loader_is_caught_by_asking_in_another_order(inputs: Inputs) -> None:
    blind = patient(inputs)
    blind.inputs = LabelBlind(**vars(inputs))
    assert names(check_up(blind)) == ["labels do not follow windows"]


@pytest.mark.parametrize("where", ["memory", "loader"])
def test_a_forgotten_mask_lets_the_padding_count(inputs: Inputs, where: str) -> None:
    broken = patient(inputs)
    if where == "memory":
        broken.model.memory = Unmasked(broken.model.memory)
    else:
        broken.inputs = UnmaskedLoader(**vars(inputs))
    assert "padding counts" in names(check_up(broken), "error")


def test_a_learning_rate_of_10_throws_the_weights_about(inputs: Inputs) -> None:
    assert names(check_up(patient(inputs, train__lr=10.0)), "error") == ["steps too large"]


def test_a_learning_rate_of_0_moves_nothing(inputs: Inputs) -> None:
    still = patient(inputs)
    still.optimizer.param_groups[0]["lr"] = 0.0
    assert names(check_up(still)) == ["weights do not move"]


def test_shuffled_labels_are_learnt_by_heart_and_help_no_other_window(inputs: Inputs) -> None:
    model = patient(shuffled(inputs), train__epochs=12, model__encoder__dim=32)
    assert "learnt by heart" in names(look_back(trained(model)), "error")


def test_an_ignored_protein_is_found_by_swapping_it(inputs: Inputs) -> None:
    blind = patient(inputs)
    blind.model.memory = ProteinBlind(blind.model.memory)
    assert names(check_up(blind), "error") == ["protein ignored"]


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"old"}))
def test_every_preset_but_old_is_alive(inputs: Inputs, name: str) -> None:
    recipe = narrowed(PRESETS[name], 8)
    assert names(check_up(Training(recipe, 0, inputs)), "error") == []


def test_labels_of_one_class_are_said_to_be_so(inputs: Inputs) -> None:
    bound = replace(inputs, label_N=torch.ones_like(inputs.label_N))
    assert "one class only" in names(check_up(patient(bound)), "error")
