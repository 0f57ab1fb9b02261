"""The options that every experiment has: what each changes, and what wins over what."""

from pathlib import Path

import pytest

from rpbind.errors import UserError
from rpbind.options import Defaults, Options
from rpbind.recipe.presets import FIXED

DEFAULTS = Defaults(narrower=8, epochs=4, seeds=3)


@pytest.mark.parametrize(
    ("given", "epochs", "width"),
    [
        ({}, 7, 32),
        ({"data": Path("d")}, 4, 256),
        ({"data": Path("d"), "smoke": True}, 1, 32),
        ({"data": Path("d"), "smoke": True, "epochs": 9}, 9, 32),
        ({"data": Path("d"), "smoke": True, "narrower": 2}, 1, 128),
        ({"smoke": True, "epochs": 9, "narrower": 1}, 9, 256),
    ],
)
def test_given_options_override_smoke_and_smoke_overrides_the_experiment(
    given: dict[str, object], epochs: int, width: int
) -> None:
    recipe = Options(defaults=DEFAULTS, **given).sized(FIXED)  # type: ignore[arg-type]
    assert (recipe.train.epochs, recipe.model.classifier.hidden[0]) == (epochs, width)


def test_the_protein_encoder_is_the_experiments_unless_one_is_given() -> None:
    defaults = Defaults(narrower=1, proteins="triad")
    assert Options(defaults=defaults).sized(FIXED).proteins == "triad"
    assert Options(defaults=defaults, proteins="physchem").sized(FIXED).proteins == "physchem"


def test_smoke_that_would_change_nothing_is_refused() -> None:
    Options(defaults=DEFAULTS, smoke=True, seeds=7, epochs=9)
    with pytest.raises(UserError, match="--smoke sets"):
        Options(defaults=DEFAULTS, smoke=True, seeds=7, epochs=9, narrower=2)


def test_a_recipe_file_keeps_its_values_except_for_given_options() -> None:
    same = Options(defaults=DEFAULTS, data=Path("d"))
    assert same.sized(FIXED, as_it_is=True) == FIXED
    assert Options(defaults=DEFAULTS, epochs=9).sized(FIXED, as_it_is=True).train.epochs == 9
