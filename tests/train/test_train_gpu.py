"""Runs on a GPU; skipped without one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from toy_runs import CONV_SMALL, equal, job, open_inputs, silent

from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.run import train_run
from rpbind.use.trained import TrainedModel

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
GPU = Machine(device="cuda")
NO_DROPOUT = {
    "model.attention.dropout": 0.0,
    "model.encoder.dropout": 0.0,
    "model.classifier.dropout": 0.0,
    "model.feed_forward.dropout": 0.0,
}


@pytest.fixture(scope="module")
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def without_dropout(recipe: Recipe) -> Recipe:
    """A GPU draws other dropout masks than the CPU; without dropout both compute the same."""
    model = recipe.model.model_dump()
    changes = {}
    for key, value in NO_DROPOUT.items():
        _, slot, name = key.split(".")
        if model[slot] is not None and name in model[slot]:
            changes[key] = value
    return recipe.with_(changes)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_gpu_computes_what_the_cpu_computes(name: str, inputs: Inputs) -> None:
    recipe = narrowed(PRESETS[name], 4)
    here, there = Training(recipe, 0, inputs), Training(recipe, 0, inputs, GPU)
    np.testing.assert_allclose(
        there.score("test").logit_N, here.score("test").logit_N, atol=1e-4, rtol=1e-4
    )


def test_a_gpu_trains_what_the_cpu_trains(inputs: Inputs) -> None:
    recipe = without_dropout(CONV_SMALL)
    here, there = Training(recipe, 0, inputs), Training(recipe, 0, inputs, GPU)
    for one, other in zip(here.epochs(), there.epochs(), strict=True):
        assert other == pytest.approx(one, rel=2e-2, abs=2e-3)
    assert next(there.model.parameters()).is_cuda
    assert there.replay is not None
    assert there.replay.graph is not None  # most steps were replays


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_replayed_steps_train_what_ordinary_steps_train(name: str, inputs: Inputs) -> None:
    recipe = without_dropout(narrowed(PRESETS[name], 4)).with_(
        {"train.batch_size": 8, "train.epochs": 2, "train.shift": 0, "train.mask": 0}
    )
    replayed, ordinary = Training(recipe, 0, inputs, GPU), Training(recipe, 0, inputs, GPU)
    ordinary.replay = None
    for one, other in zip(replayed.epochs(), ordinary.epochs(), strict=True):
        assert one["train.loss"] == pytest.approx(other["train.loss"], rel=1e-2)
        assert one["lr"] == other["lr"]
    assert replayed.replay is not None
    assert replayed.replay.graph is not None


def test_a_run_in_bf16_stays_near_one_in_float32(inputs: Inputs) -> None:
    recipe = without_dropout(CONV_SMALL)
    lower = recipe.with_({"train.precision": "bf16"})
    for one, other in zip(
        Training(recipe, 0, inputs, GPU).epochs(),
        Training(lower, 0, inputs, GPU).epochs(),
        strict=True,
    ):
        assert other["train.loss"] == pytest.approx(one["train.loss"], rel=0.05)


def test_two_arms_start_with_the_same_weights_on_both_devices(inputs: Inputs) -> None:
    here, there = Training(CONV_SMALL, 3, inputs), Training(CONV_SMALL, 3, inputs, GPU)
    assert equal(here.model.state_dict(), {k: v.cpu() for k, v in there.model.state_dict().items()})


def test_a_run_that_was_interrupted_on_a_gpu_continues(
    tmp_path: Path, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_second_epoch(point: dict[str, float]) -> None:
        if point["epoch"] == 2:
            raise KeyboardInterrupt

    halted = job(tmp_path / "halted", CONV_SMALL)
    with pytest.raises(KeyboardInterrupt):
        train_run(halted, inputs, GPU, "direct", lose_the_second_epoch)
    epochs: list[float] = []
    resumed = train_run(halted, inputs, GPU, "direct", lambda point: epochs.append(point["epoch"]))
    whole = train_run(job(tmp_path / "whole", CONV_SMALL), inputs, GPU, "direct", silent)
    assert epochs == [3.0]
    for one, other in zip(whole.curve, resumed.curve, strict=True):
        assert other == pytest.approx(one, rel=1e-2, abs=1e-3)
    assert resumed.provenance["device"] == "cuda"


def test_a_model_that_a_gpu_trained_scores_the_same_on_the_cpu(
    tmp_path: Path, inputs: Inputs
) -> None:
    made = job(tmp_path, CONV_SMALL)
    row = train_run(made, inputs, GPU, "direct", silent)
    assert row.state == "done", row.error
    trained = TrainedModel.open(tmp_path / made.run)
    there = Training(CONV_SMALL, 0, inputs, GPU)
    there.model.load_state_dict(trained.model.state_dict())
    here = Training(CONV_SMALL, 0, inputs)
    here.model.load_state_dict(trained.model.state_dict())
    one, other = here.score("test"), there.score("test")
    np.testing.assert_allclose(other.logit_N, one.logit_N, atol=1e-3)


def test_a_gpu_without_memory_gets_smaller_and_smaller_pieces_and_then_an_error(
    inputs: Inputs,
) -> None:
    """The GPU's allocator refuses, because it may not reserve more memory than it has now."""
    recipe = without_dropout(CONV_SMALL).with_({"model.encoder.dim": 512})
    training = Training(recipe, 0, inputs, GPU)
    batch = inputs.parts["train"][:32]
    training.step(batch[:2])  # allocates the optimizer's state
    torch.cuda.empty_cache()
    everything = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(torch.cuda.memory_reserved() / everything)
    try:
        with pytest.raises(UserError, match=r"Out of memory on cuda .* in 16 piece\(s\)"):
            training.step(batch)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    training.pieces = 1
    assert torch.isfinite(training.step(batch)).all()
