"""The list of hyperparameters: nothing that a recipe has is missing from it."""

import pytest
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.errors import UserError
from rpbind.recipe.listing import hyperparameters, variants
from rpbind.recipe.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_field_of_a_preset_is_listed(name: str) -> None:
    listed = {one.path for one in hyperparameters()}
    fields = {path.removesuffix(".kind") for path in PRESETS[name].flat()}
    assert fields <= listed


def test_a_slot_lists_its_variants_and_what_each_of_them_has() -> None:
    assert variants()["model.encoder"] == ("token", "conv", "self-attention", "custom")
    of_conv = {one.path for one in hyperparameters("model.encoder") if one.variant == "conv"}
    assert "model.encoder.kernel" in of_conv
    assert "model.encoder.heads" not in of_conv


def test_ranges_and_defaults_are_those_of_the_recipe() -> None:
    (kernel,) = hyperparameters("model.encoder.kernel")
    assert (kernel.values, kernel.default) == ("whole number, 1 to 65,536", "9")
    (clip,) = hyperparameters("train.clip_norm")
    assert (clip.values, clip.default) == ('number, above 0, or "off"', "off")


def test_a_misspelt_path_is_refused_with_the_right_one() -> None:
    with pytest.raises(UserError, match=r"model\.encoder"):
        hyperparameters("model.encodr")


def test_the_command_prints_what_is_below_a_path() -> None:
    shown = CliRunner().invoke(app, ["hyperparameters", "train.schedule"]).output
    assert "train.schedule.rise" in shown
    assert "train.lr" not in shown
