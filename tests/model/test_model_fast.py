"""The fast forms compute what the plain forms compute, and draw the same random numbers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from test_model_padding import (
    CASES,
    CHAINS,
    ENCODERS,
    EXTRAS,
    MEMORIES,
    PROTEINS,
    built,
    padded,
)
from toy_models import WIDTH, group, proteins, settled, windows

from rpbind.model.attention import uniform_attention
from rpbind.model.build import build_model
from rpbind.model.fast import FastModel, plain_forms
from rpbind.model.group import Group
from rpbind.model.pair_model import PairModel
from rpbind.recipe.presets import PRESETS
from rpbind.seeding.streams import reseed

LABELS = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])


def gradients(
    model: PairModel, rna_BL: torch.Tensor, groups: list[Group]
) -> dict[str, torch.Tensor]:
    """The logits and all gradients of a step in which dropout draws from the same streams."""
    model.zero_grad(set_to_none=True)
    reseed(model, "cpu", 0, 1)
    logit_B = model(rna_BL, groups)
    labels_B = LABELS.to(logit_B.dtype).repeat(len(logit_B) // len(LABELS))
    F.binary_cross_entropy_with_logits(logit_B, labels_B).backward()
    found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return {"logits": logit_B.detach()} | copy.deepcopy(found)


@pytest.mark.parametrize(("encoder", "memory", "readout", "extra"), CASES)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_fast_form_has_the_logits_and_gradients_of_the_plain_form(
    training: bool, encoder: str, memory: str, readout: str, extra: str
) -> None:
    changes = {
        "encoder": ENCODERS[encoder],
        "memory": MEMORIES[memory],
        "readout": readout,
        "attention.dropout": 0.2,
    }
    model = settled(built(**changes | EXTRAS[extra])).train(training)
    groups = [group(CHAINS, PROTEINS)]
    fast = gradients(model, padded(), groups)
    with plain_forms(model):
        plain = gradients(model, padded(), groups)
    assert fast.keys() == plain.keys()
    for name, value in plain.items():
        torch.testing.assert_close(fast[name], value, rtol=1e-9, atol=1e-12, msg=name)


@pytest.mark.parametrize("memory", MEMORIES.values(), ids=list(MEMORIES))
@pytest.mark.parametrize("encoder", ["token", "conv"])
def test_uniform_attention_is_the_same_in_both_forms(encoder: str, memory: Any) -> None:
    model = built(encoder=ENCODERS[encoder], memory=memory)
    groups = [group(CHAINS[:1], [0, 0, 0], [1, 3, 5]), group(CHAINS[1:], [0, 0, 0], [0, 2, 4])]
    with uniform_attention(model), torch.no_grad():
        fast = model(padded(), groups)
        with plain_forms(model):
            torch.testing.assert_close(fast, model(padded(), groups), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_of_full_size_has_one_loss_and_gradient_in_both_forms_in_float32(
    name: str,
) -> None:
    model = build_model(PRESETS[name].model, width=WIDTH, length=101, seed=0)
    rna_BL = windows(12)
    chains = [chain.float() for chain in proteins(60, 25, 40)]
    groups = [group(chains, [0, 1, 2, 1, 0, 0] * 2)]
    fast = gradients(model, rna_BL, groups)
    with plain_forms(model):
        plain = gradients(model, rna_BL, groups)
    loss = [F.softplus(-each["logits"]).mean() for each in (fast, plain)]
    torch.testing.assert_close(*loss, rtol=0, atol=1e-6)
    for path, value in plain.items():
        if (norm := value.norm()) > 1e-4:  # less is rounding: in exact arithmetic it is zero
            assert (fast[path] - value).norm() / norm < 1e-4, path
    with torch.no_grad():
        score = model.eval()(rna_BL, groups)
        with plain_forms(model):
            torch.testing.assert_close(score, model(rna_BL, groups), rtol=0, atol=2e-6)


def test_weights_without_effect_decay_in_both_forms() -> None:
    model = built(memory="expanded").train()
    assert isinstance(model, FastModel)
    found = gradients(model, padded(), [group(CHAINS, PROTEINS)])
    assert not found["memory.key.weight"].any()
