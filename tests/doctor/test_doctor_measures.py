"""The doctor's measures on small models whose right answer is known."""

from __future__ import annotations

import math

import pytest
import torch
from toy_trainings import untrained

from rpbind.doctor.examine import examine_untrained, fit_with_seeds, measure
from rpbind.doctor.finding import finding, primary_findings
from rpbind.doctor.kinds import KINDS
from rpbind.doctor.sample import evenly, sample
from rpbind.doctor.table import ORIGINAL, table
from rpbind.doctor.units import dead_units
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD, PRESETS
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training


def test_every_kind_of_finding_has_a_reason_and_advice_and_hides_only_known_kinds() -> None:
    for kind in KINDS.values():
        assert kind.reason
        assert kind.advice.endswith(".")
        assert set(kind.hides) <= KINDS.keys()


def test_a_finding_that_follows_from_another_is_hidden_and_errors_come_first() -> None:
    found = [
        finding("attention inert", 0.0),
        finding("no gradient", 0.0, where="encoder"),
        finding("frozen weights", 0.0, where="encoder"),
    ]
    assert [one.name for one in primary_findings(found)] == [
        "frozen weights: encoder",
        "attention inert",
    ]


def test_in_the_sample_half_of_each_proteins_windows_are_positive(inputs: Inputs) -> None:
    index_B = sample(inputs)
    assert set(index_B.tolist()) <= set(inputs.parts["train"].tolist())
    assert len(index_B) == len(index_B.unique()) == 32
    for protein in inputs.protein_N[index_B].unique():
        mine = index_B[inputs.protein_N[index_B] == protein]
        assert inputs.label_N[mine].double().mean() == 0.5


def test_evenly_chosen_indices_span_all_and_are_never_more_than_there_are() -> None:
    assert evenly(torch.arange(10, 20), 5).tolist() == [10, 12, 14, 16, 18]
    assert evenly(torch.arange(3), 5).tolist() == [0, 1, 2]


def test_attention_weights_of_old_are_1_and_of_fixed_1_over_the_number_of_keys(
    inputs: Inputs,
) -> None:
    for recipe, mean in ((narrowed(OLD, 16), 1.0), (narrowed(FIXED, 16), 1 / inputs.length)):
        model = Training(recipe, 0, inputs).model
        seen = measure(model, inputs, sample(inputs))
        assert seen["attention.mean"] == pytest.approx(mean, rel=1e-6)
        assert seen["attention.uniform"] < 1e-5
    assert seen["attention.entropy"] == pytest.approx(1.0, abs=1e-4)


def test_a_layer_whose_units_are_all_off_is_found_dead(inputs: Inputs) -> None:
    broken = untrained(inputs)
    broken.model.feed_forward.wide.bias.data.fill_(-100.0)
    seen = examine_untrained(broken)
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


def test_the_table_of_the_original_model_has_a_stated_value_for_every_line(inputs: Inputs) -> None:
    for name, recipe in (("old", narrowed(OLD, 16)), ("fixed", narrowed(FIXED, 16))):
        lines = table(examine_untrained(Training(recipe, 0, inputs)).measured)
        assert len(lines) == len(ORIGINAL[name])
        assert all(line.value and line.how for line in lines)
        reach = next(line for line in lines if "gradient" in line.quantity)
        assert (reach.value == "0") == (name == "old")


def test_an_accuracy_is_stuck_up_to_three_standard_errors_above_one_half(
    inputs: Inputs,
) -> None:
    found = {one.name: one for one in examine_untrained(untrained(inputs, train__lr=1e-6)).findings}
    assert found.keys() == {"batch not fitted", "accuracy stuck"}
    stuck = found["accuracy stuck"]
    assert stuck.threshold == pytest.approx(0.5 + 1.5 / math.sqrt(32))


def test_several_fits_are_shown_as_a_range_and_a_fit_that_ends_in_nan_as_not_finite(
    inputs: Inputs,
) -> None:
    recipe = narrowed(FIXED, 16)
    seen = examine_untrained(Training(recipe, 0, inputs)).measured
    others = list(fit_with_seeds(recipe, inputs, (1, 2)))
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
    wild = examine_untrained(
        Training(recipe.with_({"train.lr": 1e30, "train.clip_norm": None}), 0, inputs)
    )
    assert table(wild.measured)[2].value == "is not finite at the end"
