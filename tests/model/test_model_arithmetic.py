"""The arithmetic of a recipe, against torch's counter and against the built model."""

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from rpbind.model.build import build_model
from rpbind.model.group import Group
from rpbind.model.size import parameter_count
from rpbind.recipe import Recipe
from rpbind.recipe.arithmetic import Shape, flops, parameters
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, PRESETS
from rpbind.seeding.streams import reseed

B, L, W, R = 6, 24, 10, 12
SHAPE = Shape(length=L, width=W, residues=R, proteins=1)
SMALL: dict[str, Recipe] = {
    **{name: narrowed(recipe, 8) for name, recipe in PRESETS.items()},
    "film": narrowed(FIXED, 8).with_({"model.film": True}),
    "without-dropout": narrowed(FIXED, 8).with_({"model.attention.dropout": 0.0}),
    "without-position": narrowed(FIXED, 8).with_({"model.memory.position": False}),
    "segment": narrowed(CONV_RESIDUE, 8).with_(
        {"model.memory": {"kind": "segment", "segments": 4}}
    ),
    "both-ways": narrowed(CONV_RESIDUE, 8).with_({"model.attention.both_ways": True}),
    "conv-expanded": narrowed(CONV_RESIDUE, 8).with_({"model.memory": "expanded"}),
    "conv-none": narrowed(CONV_RESIDUE, 8).with_({"model.memory": "none"}),
}


def counted(recipe: Recipe, backward: bool = False, **changes: Any) -> float:
    """FLOPs of a window that torch counts in a training step of one protein without padding."""
    model = build_model(recipe.with_(changes).model, width=W, length=L, seed=0).train()
    reseed(model, "cpu", 0, 1)
    group = Group(
        rows_B=torch.arange(B),
        protein_B=torch.zeros(B, dtype=torch.long),
        mean_PW=torch.randn(1, W),
        residues_PRW=torch.randn(1, R, W) if model.reads == "residues" else None,
        real_PR=torch.ones(1, R, dtype=torch.bool) if model.reads == "residues" else None,
    )
    with FlopCounterMode(display=False) as counter:
        logit_B = model(torch.randint(0, 4, (B, L), dtype=torch.uint8), [group])
        if backward:
            logit_B.sum().backward()
    return counter.get_total_flops() / B


@pytest.mark.parametrize("name", SMALL)
def test_torch_counts_the_flops_that_the_recipe_says_in_the_plain_form(name: str) -> None:
    recipe = SMALL[name]
    assert flops(recipe.model, SHAPE, B) == pytest.approx(
        counted(recipe, **{"model.plain": True}), rel=1e-9
    )


@pytest.mark.parametrize("name", [name for name in SMALL if name != "both-ways"])
def test_torch_counts_the_flops_that_the_recipe_says_in_the_fast_form(name: str) -> None:
    recipe = SMALL[name]
    assert flops(recipe.model, SHAPE, B, fast=True) == pytest.approx(counted(recipe), rel=1e-9)


@pytest.mark.parametrize("name", PRESETS)
def test_a_training_step_takes_about_three_times_the_forward_pass(name: str) -> None:
    recipe = SMALL[name].with_({"model.plain": True})
    assert counted(recipe, backward=True) / counted(recipe) == pytest.approx(3, rel=0.2)


@pytest.mark.parametrize("name", SMALL)
def test_the_recipe_has_as_many_parameters_as_the_model(name: str) -> None:
    config = SMALL[name].model
    assert parameters(config, SHAPE) == parameter_count(config, width=W, length=L)


def test_an_encoder_of_transformer_layers_has_as_many_parameters_too() -> None:
    config = CONV_RESIDUE.with_({"model.encoder": "self-attention"}).model
    assert parameters(config, SHAPE) == parameter_count(config, width=W, length=L)


def test_a_batch_shares_the_proteins_that_it_has() -> None:
    assert Shape(101, 10, 600, 1).shared(32) == pytest.approx(1 / 32)
    assert Shape(101, 10, 600, 10**9).shared(32) == pytest.approx(1, rel=1e-6)
    assert flops(CONV_RESIDUE.model, SHAPE, 256) < flops(CONV_RESIDUE.model, SHAPE, 1)  # type: ignore[operator]
