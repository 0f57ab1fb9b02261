"""The presets have the initial values and the training (with dropout) of the original model.

The original model is the public project 1AMZORRO/RPBP (commits 3e9b615, f016c42 and 6187b00). It is
written here independently in plain torch; only weights and dropout masks come from rpbind.
"""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rpbind.model.build import build_model
from rpbind.model.group import Group
from rpbind.recipe import Recipe
from rpbind.recipe.presets import FIXED, OLD
from rpbind.seeding.streams import Dropout, mask_stream, reseed

Weights = dict[str, Tensor]
BIASES_ZERO, BIASES_TORCH = "zero", "torch"

TORCH_LAYERS = {
    "encoder.project": (5, 128),
    "attend.query": (128, 256),
    "memory.key": (1280, 256),
    "memory.value": (1280, 256),
    "attend.output": (256, 256),
    "head.0": (256, 512),
    "head.4": (512, 256),
    "head.8": (256, 128),
    "head.12": (128, 1),
}
"""Layers of `old` with (inputs, outputs); all have the initial values of torch's Linear."""

XAVIER_LAYERS = {
    "encoder.project": (5, 128, 1.0),
    "attend.query": (128, 256, 0.5),
    "memory.key": (1280, 256, 0.5),
    "memory.value": (1280, 256, 0.5),
    "attend.output": (256, 256, 0.5),
    "bypass": (128, 256, 1.0),
    "head.0": (256, 256, 1.0),
    "head.4": (256, 128, 1.0),
    "head.8": (128, 1, 1.0),
}
"""Layers of `fixed` with (inputs, outputs, gain); their initial biases are 0."""

FEED_FORWARD = {"feed_forward.wide": (256, 512), "feed_forward.narrow": (512, 256)}
"""The layers of `fixed` that it does not reset: weights and biases have torch's defaults."""


def bounds(recipe: Recipe) -> dict[str, float]:
    """Return {parameter: bound of its uniform distribution}; 0 where the initial value is 0."""
    found: dict[str, float] = {}
    torch_layers = TORCH_LAYERS if recipe is OLD else FEED_FORWARD
    for name, (inputs, _) in torch_layers.items():
        found[f"{name}.weight"] = found[f"{name}.bias"] = 1 / math.sqrt(inputs)
    if recipe is FIXED:
        for name, (inputs, outputs, gain) in XAVIER_LAYERS.items():
            found[f"{name}.weight"] = gain * math.sqrt(6 / (inputs + outputs))
            found[f"{name}.bias"] = 0.0
    return found


def few_runs(recipe: Recipe, name: str) -> list[float]:
    """Return the initial value of a parameter with one element in four runs."""
    built = (build_model(recipe.model, width=2, length=3, seed=seed) for seed in range(4))
    return [dict(model.named_parameters())[name].item() for model in built]


@pytest.mark.parametrize("recipe", [OLD, FIXED], ids=["old", "fixed"])
def test_every_parameter_has_the_initial_distribution_of_the_original_model(recipe: Recipe) -> None:
    built = build_model(recipe.model, width=1280, length=101, seed=0)
    parameters = {name: p.detach() for name, p in built.named_parameters()}
    uniform = bounds(recipe)
    for name, bound in uniform.items():
        values = parameters.pop(name)
        if bound == 0:
            assert not values.any(), name
            continue
        assert values.abs().max() <= bound, name
        if values.numel() == 1:  # four runs have four different values, none of them 0
            assert len({*few_runs(recipe, name)} - {0.0}) == 4
            continue
        assert values.abs().max() > 0.9 * bound, name
        spread = bound / math.sqrt(3)  # the sd of a uniform distribution
        assert values.std() == pytest.approx(spread, rel=0.15), name
        assert values.mean().abs() < 5 * spread / math.sqrt(values.numel()), name
    if recipe is FIXED:
        assert parameters.pop("memory.position").std() == pytest.approx(0.02, rel=0.02)
        assert parameters.pop("attend.temperature").tolist() == [1.0]
    for name, value in parameters.items():  # the norms
        assert "norm" in name or name.startswith("head."), name
        assert value.unique().tolist() == [0.0 if name.endswith("bias") else 1.0]


def linear(x: Tensor, w: Weights, name: str) -> Tensor:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def layer_norm(x: Tensor, w: Weights, name: str) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return (
        centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5) * w[f"{name}.weight"]
    ) + w[f"{name}.bias"]


def dropped(x: Tensor, p: float, name: str) -> Tensor:
    """Apply the dropout mask that rpbind draws for the layer of this name."""
    layer = Dropout(p)
    layer.stream = mask_stream("cpu", 0, 1, name)
    return layer(x)


def heads(x: Tensor) -> Tensor:
    """(B, S, 256) to (B, 8, S, 32)."""
    return x.view(x.shape[0], x.shape[1], 8, 32).transpose(1, 2)


def attended(rna: Tensor, key: Tensor, value: Tensor, w: Weights) -> Tensor:
    """Cross-attention with dropout 0.1 on the weights and on the output."""
    temperature = w["attend.temperature"].clamp(min=0.1) if "attend.temperature" in w else 1.0
    q, k, v = heads(linear(rna, w, "attend.query")), heads(key), heads(value)
    weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(32) / temperature, dim=3)
    seen = dropped(weights, 0.1, "attend.weight_dropout") @ v
    joined = seen.transpose(1, 2).reshape(rna.shape[0], rna.shape[1], 256)
    return dropped(linear(joined, w, "attend.output"), 0.1, "attend.output_dropout")


def classified(x: Tensor, w: Weights, sizes: int, p: float) -> Tensor:
    """[Linear, ReLU, Dropout, BatchNorm] per hidden size; the batch's own statistics."""
    for place in range(0, 4 * sizes, 4):
        x = dropped(torch.relu(linear(x, w, f"head.{place}")), p, f"head.{place + 2}")
        mean, variance = x.mean(0), x.var(0, unbiased=False)
        norm = f"head.{place + 3}"
        x = (x - mean) / torch.sqrt(variance + 1e-5) * w[f"{norm}.weight"] + w[f"{norm}.bias"]
    return linear(x, w, f"head.{4 * sizes}").squeeze(1)


def old(rna_BL: Tensor, protein_BW: Tensor, w: Weights) -> Tensor:
    rna = linear(F.one_hot(rna_BL.long(), 5).double(), w, "encoder.project")
    token = protein_BW[:, None, :]
    key, value = linear(token, w, "memory.key"), linear(token, w, "memory.value")
    mixed = layer_norm(attended(rna, key, value, w), w, "norm")
    return classified(mixed.mean(1), w, sizes=3, p=0.3)


def fixed(rna_BL: Tensor, protein_BW: Tensor, w: Weights) -> Tensor:
    rna = linear(F.one_hot(rna_BL.long(), 5).double(), w, "encoder.project")
    tokens = protein_BW[:, None, :].expand(-1, 101, -1)
    key = linear(tokens, w, "memory.key") + w["memory.position"]
    value = linear(tokens, w, "memory.value")
    mixed = layer_norm(attended(rna, key, value, w) + linear(rna, w, "bypass"), w, "norm")
    wide = dropped(torch.relu(linear(mixed, w, "feed_forward.wide")), 0.1, "feed_forward.dropout")
    step = dropped(linear(wide, w, "feed_forward.narrow"), 0.1, "feed_forward.output_dropout")
    mixed = layer_norm(mixed + step, w, "feed_forward.norm")
    return classified(mixed.mean(1), w, sizes=2, p=0.2)


@pytest.mark.parametrize(("recipe", "written"), [(OLD, old), (FIXED, fixed)], ids=["old", "fixed"])
def test_in_training_the_presets_compute_what_the_original_computes(
    recipe: Recipe, written: Any
) -> None:
    stream = torch.Generator().manual_seed(1)
    rna_BL = torch.randint(0, 5, (8, 101), generator=stream, dtype=torch.uint8)
    protein_PW = torch.randn(2, 1280, generator=stream, dtype=torch.float64)
    protein_B = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    model = build_model(recipe.model, width=1280, length=101, seed=3).double().train()
    reseed(model, "cpu", 0, 1)
    ours_B = model(rna_BL, [Group(torch.arange(8), protein_B, protein_PW)])
    w = {name: value.detach().requires_grad_() for name, value in model.named_parameters()}
    theirs_B = written(rna_BL, protein_PW[protein_B], w)
    torch.testing.assert_close(ours_B, theirs_B, rtol=0, atol=1e-9)
    label_B = torch.tensor([0.0, 1, 0, 1, 1, 0, 1, 0], dtype=torch.float64)
    ours, theirs = (
        F.binary_cross_entropy_with_logits(logit_B, label_B) for logit_B in (ours_B, theirs_B)
    )
    ours.backward()
    theirs.backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, w[name].grad, rtol=1e-6, atol=1e-9, msg=name)


def test_every_training_setting_is_the_original_models() -> None:
    both = {"optimizer": "adam", "batch_size": 32, "epochs": 50, "shift": 0, "mask": 0.0}
    plateau = {"kind": "plateau", "factor": 0.5, "patience": 5}
    assert OLD.train.model_dump() == both | {
        "lr": 1e-3,
        "weight_decay": 1e-4,
        "clip_norm": None,
        "schedule": plateau | {"min_lr": 1e-5},
        "stop_after": 10,
    }
    assert FIXED.train.model_dump() == both | {
        "lr": 3e-3,
        "weight_decay": 1e-5,
        "clip_norm": 1.0,
        "schedule": plateau | {"min_lr": 1e-4},
        "stop_after": 15,
    }
