"""What each measure is, on toys whose answer is known."""

from __future__ import annotations

import math

import pytest
import torch
from toy_patients import patient

from rpbind.doctor.examine import check_up, fits, vitals
from rpbind.doctor.finding import finding, told
from rpbind.doctor.kinds import KINDS
from rpbind.doctor.sample import evenly, sample
from rpbind.doctor.table import SEED, table
from rpbind.doctor.units import dead_units
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD, PRESETS
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training


def test_every_kind_of_finding_has_a_reason_an_advice_and_hides_only_what_exists() -> None:
    for kind in KINDS.values():
        assert kind.reason
        assert kind.advice.endswith(".")
        assert set(kind.hides) <= KINDS.keys()


def test_what_follows_from_another_finding_is_not_told_and_the_severest_comes_first() -> None:
    found = [
        finding("attention inert", 0.0),
        finding("no gradient", 0.0, where="encoder"),
        finding("frozen weights", 0.0, where="encoder"),
    ]
    assert [one.name for one in told(found)] == ["frozen weights: encoder", "attention inert"]


def test_in_the_sample_no_protein_gives_its_label_away(inputs: Inputs) -> None:
    index_B = sample(inputs)
    assert set(index_B.tolist()) <= set(inputs.parts["train"].tolist())
    assert len(index_B) == len(index_B.unique()) == 32
    for protein in inputs.protein_N[index_B].unique():
        mine = index_B[inputs.protein_N[index_B] == protein]
        assert inputs.label_N[mine].double().mean() == 0.5


def test_evenly_takes_from_all_over_and_never_more_than_there_is() -> None:
    assert evenly(torch.arange(10, 20), 5).tolist() == [10, 12, 14, 16, 18]
    assert evenly(torch.arange(3), 5).tolist() == [0, 1, 2]


def test_attention_of_old_is_one_and_that_of_fixed_one_share_of_its_keys(inputs: Inputs) -> None:
    for recipe, mean in ((narrowed(OLD, 16), 1.0), (narrowed(FIXED, 16), 1 / inputs.length)):
        model = Training(recipe, 0, inputs).model
        seen = vitals(model, inputs, sample(inputs))
        assert seen["attention.mean"] == pytest.approx(mean, rel=1e-6)
        assert seen["attention.uniform"] < 1e-5
    assert seen["attention.entropy"] == pytest.approx(1.0, abs=1e-4)


def test_a_layer_whose_units_are_all_off_is_found_dead(inputs: Inputs) -> None:
    broken = patient(inputs)
    broken.model.feed_forward.wide.bias.data.fill_(-100.0)
    seen = check_up(broken)
    assert [one.name for one in seen.findings] == ["dead units: feed_forward.wide"]
    assert seen.findings[0].measured == 1.0


@pytest.mark.parametrize("name", ["conv-residue", "own-head"])
def test_a_channel_of_a_convolution_that_is_off_at_every_position_is_a_dead_unit(
    inputs: Inputs, name: str
) -> None:
    training = Training(narrowed(PRESETS[name], 8), 0, inputs)
    norms = dict(training.model.named_modules())
    norm = norms["encoder.norms.1"]
    channels = norm.bias.numel()
    norm.bias.data[: channels - 1] = -1e4
    rna_BL, groups, _ = inputs.batch(sample(inputs), training.model.reads)
    dead = dead_units(training.model.eval(), rna_BL, groups)
    assert dead["dead.encoder.norms.1"] == pytest.approx((channels - 1) / channels)
    assert dead["dead.encoder.norms.0"] < 0.9


def test_the_seeds_table_has_a_word_of_the_seed_for_every_line(inputs: Inputs) -> None:
    for name, recipe in (("old", narrowed(OLD, 16)), ("fixed", narrowed(FIXED, 16))):
        lines = table(check_up(Training(recipe, 0, inputs)).measured)
        assert len(lines) == len(SEED[name])
        assert all(line.value and line.how for line in lines)
        reach = next(line for line in lines if "gradient" in line.quantity)
        assert (reach.value == "0") == (name == "old")


def test_the_threshold_of_an_accuracy_that_is_stuck_is_three_errors_of_a_coin(
    inputs: Inputs,
) -> None:
    found = {one.name: one for one in check_up(patient(inputs, train__lr=1e-6)).findings}
    assert found.keys() == {"batch not fitted", "accuracy stuck"}
    stuck = found["accuracy stuck"]
    assert stuck.threshold == pytest.approx(0.5 + 1.5 / math.sqrt(32))


def test_several_fits_are_told_by_their_range_and_one_that_ends_in_nan_as_such(
    inputs: Inputs,
) -> None:
    recipe = narrowed(FIXED, 16)
    seen = check_up(Training(recipe, 0, inputs)).measured
    others = list(fits(recipe, inputs, (1, 2)))
    loss, gain = table(seen, others)[2:4]
    falls = [1 - one["fit.end"] / one["fit.start"] for one in (seen, *others)]
    assert loss.value == f"falls {100 * min(falls):.0f} to {100 * max(falls):.0f} %"
    assert loss.how.endswith("fit of one batch, 3 seeds")
    points = [one["fit.accuracy"] - one["fit.accuracy-before"] for one in (seen, *others)]
    gains = [p / one["fit.accuracy-before"] for p, one in zip(points, (seen, *others), strict=True)]
    assert gain.value == (
        f"{100 * min(gains):+.0f} to {100 * max(gains):+.0f} % "
        f"({100 * min(points):+.0f} to {100 * max(points):+.0f} points)"
    )
    wild = check_up(Training(recipe.with_({"train.lr": 1e30, "train.clip_norm": None}), 0, inputs))
    assert table(wild.measured)[2].value == "is not finite at the end"
