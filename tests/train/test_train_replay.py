"""Steps in one shape for all batches, which a GPU can replay, compute what ordinary steps do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_runs import open_inputs

from rpbind.model.fast import FastModel, static_forms
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, PRESETS
from rpbind.train.gradient import add_gradient
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.replay import Replay, can_replay

ARMS = {name: narrowed(recipe, 4) for name, recipe in PRESETS.items()} | {
    "segments": narrowed(CONV_RESIDUE, 4).with_({"model.memory": "segment"}),
    "both ways": narrowed(FIXED, 4).with_({"model.attention.both_ways": True}),
    "experiments": narrowed(CONV_RESIDUE, 4).with_({"model.experiment": "name"}),
    "film": narrowed(CONV_RESIDUE, 4).with_({"model.film": True}),
}


@pytest.fixture
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def begun(recipe: Recipe, inputs: Inputs) -> Training:
    """A run without dropout and augmentation, at the beginning of its first epoch."""
    off = {path: 0 for path in recipe.flat() if path.endswith(("dropout", "train.shift", ".mask"))}
    training = Training(recipe.with_(off | {"train.batch_size": 24}), 0, inputs)
    training.begin_epoch()
    return training


@pytest.mark.parametrize("name", ARMS)
def test_a_batch_in_the_shape_of_all_has_the_loss_and_gradient_of_an_ordinary_one(
    name: str, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)  # what batches are cast to
    inputs = replace(
        inputs,
        mean_PW=inputs.mean_PW.double(),
        experiments={by: code_PD.double() for by, code_PD in inputs.experiments.items()},
    )
    index_B, found = inputs.parts["train"][:24], []
    for is_alike in (False, True):
        training = begun(ARMS[name], inputs)
        training.model.double()
        assert isinstance(training.model, FastModel)
        if is_alike:
            shape = Replay(training).shape
            (batch,) = training.inputs.planned([index_B], training.model.reads, shape)
            assert batch.shape is shape
            (group,) = batch.groups
            assert len(group.members_P) > len(set(group.protein_B.tolist()))
            with static_forms(training.model):
                loss = add_gradient(training, batch)
        else:
            loss = add_gradient(training, index_B)
        gradients = {n: p.grad for n, p in training.model.named_parameters() if p.grad is not None}
        found.append({"loss": loss} | gradients)
    ordinary, alike = found
    assert ordinary.keys() == alike.keys()
    for path, value in ordinary.items():
        torch.testing.assert_close(alike[path], value, rtol=1e-9, atol=1e-12, msg=path)


@pytest.mark.parametrize("name", ["old", "fixed", "own-head"])
def test_dropout_draws_the_same_masks_in_both_shapes_without_residues(
    name: str, inputs: Inputs
) -> None:
    recipe = ARMS[name].with_({"train.batch_size": 8, "train.epochs": 1})
    ordinary, alike = Training(recipe, 0, inputs), Training(recipe, 0, inputs)
    alike.replay = Replay(alike)
    (expected,), (found,) = list(ordinary.epochs()), list(alike.epochs())
    assert alike.replay.left < 0  # more steps than those before a recording
    assert found["train.loss"] == pytest.approx(expected["train.loss"], rel=1e-3)


def test_with_residues_other_masks_are_drawn_and_as_much_is_dropped(inputs: Inputs) -> None:
    recipe = ARMS["conv-residue"].with_({"train.batch_size": 8, "train.epochs": 1})
    ordinary, alike = Training(recipe, 0, inputs), Training(recipe, 0, inputs)
    alike.replay = Replay(alike)
    (expected,), (found,) = list(ordinary.epochs()), list(alike.epochs())
    assert found["train.loss"] == pytest.approx(expected["train.loss"], rel=0.1)


def test_nothing_is_replayed_on_a_cpu(inputs: Inputs) -> None:
    training = Training(ARMS["old"], 0, inputs)
    assert not can_replay(training)
    assert training.replay is None
