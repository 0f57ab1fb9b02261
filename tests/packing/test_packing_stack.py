"""A run of a pack computes what it computes alone, and its bits do not depend on its pack."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest
import torch
from torch import Tensor
from toy_packs import DIFFERENT, SMALL, pack, run, toy_inputs, trained, trained_alone

from rpbind.packing.rule import architecture, why_single
from rpbind.packing.training import Pack
from rpbind.recipe import encoders, memories
from rpbind.recipe.custom import CustomClass
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, PRESETS

ENCODERS: dict[str, dict[str, Any]] = {
    "token": {"kind": "token", "dim": 8},
    "conv": {"kind": "conv", "dim": 8, "layers": 2, "kernel": 5, "pool": 4},
    "early": {"kind": "conv", "dim": 8, "layers": 2, "kernel": 3, "pool": 4, "pool_after": "first"},
    "self": {"kind": "self-attention", "dim": 8, "heads": 2, "layers": 1},
}
MEMORIES = ("pooled", "expanded", "none")
EXTRAS: tuple[dict[str, Any], ...] = (
    {},
    {"readout": "mean-max", "film": True, "experiment": "parts"},
    {"feed_forward": None, "own_head": True, "normalised": False},
    {"plain": True, "attention.temperature": False},
)
CASES = [
    ({"encoder": ENCODERS[encoder], "memory": memory} | EXTRAS[(number + number // 4) % 4])
    for number, (memory, encoder) in enumerate(product(MEMORIES, ENCODERS))
]
"""Every encoder with every memory that can be packed; one of the rest in turn."""


def changed(case: dict[str, Any]) -> Any:
    return SMALL.with_({f"model.{path}": value for path, value in case.items()})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_runs_of_a_pack_are_those_trained_alone_after_twenty_steps_in_float64(
    case: dict[str, Any],
) -> None:
    inputs = toy_inputs(dtype=torch.float64)
    recipes = [changed(case).with_(changes) for changes in DIFFERENT]
    packed = trained(pack([run(each, 3, inputs) for each in recipes]), 20)
    for recipe, ours in zip(recipes, packed.trainings, strict=True):
        alone = trained_alone(run(recipe, 3, inputs), 20).model.state_dict()
        for name, value in ours.model.state_dict().items():
            torch.testing.assert_close(value, alone[name], rtol=0, atol=1e-9, msg=name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_of_a_pack_is_that_of_a_run_alone_in_float32(case: dict[str, Any]) -> None:
    inputs = toy_inputs()
    packed = pack([run(changed(case), seed, inputs) for seed in range(2)])
    first = [training.begin_epoch()[0] for training in packed.trainings]
    found = packed.step(list(inputs.planned(first, "mean")))
    alone = run(changed(case), 1, inputs)
    loss = alone.step(alone.begin_epoch()[0])[0]
    torch.testing.assert_close(found[0, 1], loss, rtol=0, atol=1e-5)
    gradient = torch.cat([gradient_of(p).flatten() for p in alone.model.parameters()])
    ours = gradient_of(packed.replicas[1].row)
    assert (ours - gradient).norm() < 1e-4 * gradient.norm()


def gradient_of(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


@pytest.mark.parametrize("case", CASES[1::5], ids=str)
def test_what_a_run_computes_does_not_depend_on_its_pack(case: dict[str, Any]) -> None:
    inputs, recipe = toy_inputs(), changed(case)
    weights = []
    for size in (1, 5):
        runs = [run(recipe.with_(DIFFERENT[n % 2]), n, inputs) for n in range(size)]
        weights.append(trained(pack(runs), 12).trainings[0].weights())
    for other in weights[1:]:
        assert all(torch.equal(value, other[name]) for name, value in weights[0].items())


def test_many_proteins_are_read_window_by_window() -> None:
    inputs = toy_inputs(proteins=30, dtype=torch.float64)
    recipe = SMALL.with_({"model.experiment": "name"})
    packed = trained(pack([run(recipe, seed, inputs) for seed in range(2)]), 5)
    alone = trained_alone(run(recipe, 1, inputs), 5).model.state_dict()
    for name, value in packed.trainings[1].model.state_dict().items():
        torch.testing.assert_close(value, alone[name], rtol=0, atol=1e-10, msg=name)


def test_every_variant_is_in_a_case_or_has_a_reason_why_it_is_single() -> None:
    kinds = {"encoder": set[str](), "memory": set[str]()}
    for case in CASES:
        kinds["encoder"].add(case["encoder"]["kind"])
        kinds["memory"].add(case["memory"])
        assert not why_single(changed(case), varying=False)
    for slot, variants in (("encoder", encoders.Encoder), ("memory", memories.Memory)):
        for variant in get_args(get_args(variants)[0]):
            if issubclass(variant, CustomClass):
                continue
            kind = variant.model_fields["kind"].default
            reason = why_single(
                SMALL.with_({f"model.{slot}": kind, "model.residual": True}), varying=False
            )
            assert bool(reason) == (kind not in kinds[slot]), kind


def test_runs_of_a_pack_may_differ_in_what_each_has_for_itself_and_in_nothing_else() -> None:
    same = {architecture(SMALL.with_(changes)) for changes in DIFFERENT}
    assert len(same) == 1
    for changes in (
        {"train.batch_size": 16},
        {"model.attention.heads": 2},
        {"proteins": "triad"},
        {"model.attention.dropout": 0},
    ):
        assert architecture(SMALL.with_(changes)) not in same
    assert {bool(why_single(each, varying=False)) for each in PRESETS.values()} == {True, False}
    assert "residues" in why_single(narrowed(CONV_RESIDUE, 4), varying=False)
    assert "length" in why_single(SMALL, varying=True)
    assert "bfloat16" in why_single(SMALL.with_({"train.precision": "bf16"}), varying=False)
    both = SMALL.with_({"model.attention.both_ways": True})
    assert "both ways" in why_single(both, varying=False)


def test_a_run_that_has_ended_leaves_the_pack_and_the_others_go_on_as_before() -> None:
    inputs = toy_inputs()
    alone = pack([run(SMALL, 0, inputs)])
    packed = pack([run(SMALL, seed, inputs) for seed in range(5)])
    ended = packed.trainings[4]
    for each in (alone, packed):
        each.train_epoch()
    before = ended.weights()
    for each in (alone, Pack(packed.replicas[:2])):
        each.train_epoch()
    for name, value in alone.trainings[0].weights().items():
        assert torch.equal(packed.trainings[0].weights()[name], value)
        assert torch.equal(ended.weights()[name], before[name])
