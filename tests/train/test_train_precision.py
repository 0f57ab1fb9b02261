"""Lower precision and compiled models: the same weights and losses, within what rounding allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import CONV_SMALL, open_inputs

from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, PRESETS
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

WIDE = {name: narrowed(recipe, 4) for name, recipe in PRESETS.items()} | {
    "segments": narrowed(CONV_RESIDUE, 4).with_({"model.memory": "segment"}),
    "both ways": narrowed(CONV_RESIDUE, 4).with_({"model.attention.both_ways": True}),
    "self-attention": narrowed(CONV_RESIDUE, 4).with_({"model.encoder": "self-attention"}),
}


@pytest.fixture
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def first_loss(recipe: Recipe, inputs: Inputs) -> tuple[float, Training]:
    training = Training(recipe, 0, inputs)
    training.begin_epoch()
    loss, _ = training.step(inputs.parts["train"][:32]).tolist()
    return loss, training


@pytest.mark.parametrize("name", WIDE)
def test_bf16_changes_a_loss_by_rounding_and_keeps_weights_and_scores_in_float32(
    name: str, inputs: Inputs
) -> None:
    loss, _ = first_loss(WIDE[name], inputs)
    lower, training = first_loss(WIDE[name].with_({"train.precision": "bf16"}), inputs)
    assert lower != loss
    assert lower == pytest.approx(loss, rel=0.02)
    state = [*training.model.parameters(), *training.optimizer.state_dict()["state"][0].values()]
    assert {tensor.dtype for tensor in state} == {torch.float32}
    whole = Training(WIDE[name], 0, inputs)
    whole.model.load_state_dict(training.model.state_dict())
    assert (whole.score("test").logit_N == training.score("test").logit_N).all()


def test_precision_and_compilation_are_in_a_recipe_only_where_they_are_not_the_default() -> None:
    assert "bf16" not in PRESETS["fixed"].model_dump_json()
    assert not {"precision", "compile"} & set(PRESETS["fixed"].model_dump(mode="json")["train"])
    lower = PRESETS["fixed"].with_({"train.precision": "bf16"})
    assert lower.id != PRESETS["fixed"].id == lower.with_({"train.precision": "float32"}).id
    assert Recipe.model_validate_json(lower.model_dump_json()) == lower


def test_a_compiled_model_is_the_one_that_is_trained(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def compiled(model: Any) -> Any:
        return lambda *args: calls.append(1) or model(*args)

    monkeypatch.setattr(torch, "compile", compiled)
    loss, _ = first_loss(CONV_SMALL.with_({"train.compile": True}), inputs)
    assert (len(calls), loss) == (1, first_loss(CONV_SMALL, inputs)[0])
