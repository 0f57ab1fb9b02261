"""What a step asks of its device: numbers, once per epoch. A `meta` device has none to give.

Reading a number from a GPU waits until it has done all that it was asked before. On the device
`meta`, tensors have shapes and no numbers, so everything that would wait raises an error.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from toy_runs import open_inputs

from rpbind.model.fast import FastModel, static_forms
from rpbind.packing import training as packing
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, PRESETS
from rpbind.seeding import streams
from rpbind.train import loop, run_state
from rpbind.train.gradient import add_gradient, follow_gradient
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.replay import Replay

NOWHERE = Machine(device="meta")
CPU_STREAM = streams.generator
ARMS = {name: narrowed(recipe, 8) for name, recipe in PRESETS.items()} | {
    "segments": narrowed(CONV_RESIDUE, 8).with_({"model.memory": "segment"}),
    "both ways": narrowed(CONV_RESIDUE, 8).with_({"model.attention.both_ways": True}),
    "film": narrowed(CONV_RESIDUE, 8).with_({"model.film": True}),
    "experiments": narrowed(CONV_RESIDUE, 8).with_({"model.experiment": "name"}),
    "self-attention": narrowed(CONV_RESIDUE, 8).with_({"model.encoder": "self-attention"}),
}


@pytest.fixture
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


@pytest.fixture
def without_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run go to the device `meta`, which has no generator and no fused optimizer."""

    def bits(stream: Any, count: int, device: torch.device) -> Tensor:
        return torch.empty(count, dtype=torch.int16, device=device)

    def on_the_host(device: Any, *key: object) -> torch.Generator:
        return CPU_STREAM("cpu", *key)

    def optimizer_of(config: Any, parameters: Any) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameters, lr=config.lr, foreach=True)

    monkeypatch.setattr(streams, "_draw", bits)
    for module in (streams, loop):
        monkeypatch.setattr(module, "generator", on_the_host)
    monkeypatch.setattr(run_state, "optimizer_of", optimizer_of)


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize("varying", [False, True], ids=["one length", "lengths"])
def test_a_training_step_reads_no_number_from_its_device(
    name: str, varying: bool, inputs: Inputs, without_numbers: None
) -> None:
    training = make(ARMS[name], inputs, varying)
    batches = [inputs.parts["train"][:16], inputs.parts["train"][16:32]]
    for batch in training.inputs.planned(batches, training.model.reads):
        lost = training.step(batch)
        assert lost.device.type == "meta"
    assert {p.grad.device.type for p in training.model.parameters() if p.grad is not None} == {
        "meta"
    }


@pytest.mark.parametrize("name", ARMS)
def test_a_step_that_is_replayed_reads_no_number_from_its_device(
    name: str, inputs: Inputs, without_numbers: None
) -> None:
    training = make(ARMS[name], inputs, True)
    shape = replace(Replay(training).shape, windows=16)
    (batch,) = training.inputs.planned([inputs.parts["train"][:16]], training.model.reads, shape)
    assert isinstance(training.model, FastModel)
    with static_forms(training.model):
        loss = add_gradient(training, batch)
    assert follow_gradient(training, loss.detach()).device.type == "meta"


@pytest.mark.parametrize("name", ["old", "fixed", "own-head"])
def test_a_step_of_a_pack_reads_no_number_from_its_device(
    name: str, inputs: Inputs, without_numbers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "optimizer_of", run_state.optimizer_of)
    pack = packing.Pack([packing.Replica(make(ARMS[name], inputs, False)) for _ in range(2)])
    batches = [inputs.parts["train"][:16], inputs.parts["train"][16:32]]
    assert pack.step(list(pack.inputs.planned(batches, "mean"))).device.type == "meta"


@pytest.mark.parametrize("name", ARMS)
def test_scoring_a_batch_reads_no_number_from_its_device(
    name: str, inputs: Inputs, without_numbers: None
) -> None:
    training = make(ARMS[name], inputs, False)
    training.model.eval()
    (batch,) = training.inputs.planned([inputs.parts["test"][:16]], training.model.reads)
    assert training._logits(batch).device.type == "meta"


def test_this_device_would_refuse_to_give_a_number(inputs: Inputs, without_numbers: None) -> None:
    training = make(ARMS["conv-residue"].with_({"model.plain": True}), inputs, False)
    with pytest.raises((RuntimeError, NotImplementedError)):
        training.step(inputs.parts["train"][:16])


def make(recipe: Recipe, inputs: Inputs, varying: bool) -> Training:
    if varying:
        inputs = replace(inputs, shortest=20)
    training = Training(recipe, 0, inputs, NOWHERE)
    training.model.train()
    streams.reseed(training.model, "meta", 0, 1)
    return training
