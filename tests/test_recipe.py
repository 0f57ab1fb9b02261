from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD, preset
from rpbind.recipe.tree import flat

BOTH = {
    "model.encoder.kind": "token",
    "model.encoder.dim": 128,
    "model.attention.dim": 256,
    "model.attention.heads": 8,
    "model.attention.dropout": 0.1,
    "model.attention.both_ways": False,
    "model.film": False,
    "model.own_head": False,
    "model.readout": "mean",
    "model.normalised": True,
    "train.shift": 0,
    "train.mask": 0.0,
    "train.optimizer": "adam",
    "train.batch_size": 32,
    "train.epochs": 50,
    "train.schedule.kind": "plateau",
    "train.schedule.factor": 0.5,
    "train.schedule.patience": 5,
    "proteins": "physchem",
}
OLD_FIELDS: dict[str, Any] = BOTH | {
    "model.memory.kind": "pooled",
    "model.attention.temperature": False,
    "model.residual": False,
    "model.feed_forward": None,
    "model.init.kind": "torch",
    "train.clip_norm": None,
    "train.lr": 1e-3,
    "train.weight_decay": 1e-4,
    "model.classifier.hidden": [512, 256, 128],
    "model.classifier.dropout": 0.3,
    "train.schedule.min_lr": 1e-5,
    "train.stop_after": 10,
}
FIXED_FIELDS: dict[str, Any] = BOTH | {
    "model.memory.kind": "expanded",
    "model.memory.position": True,
    "model.attention.temperature": True,
    "model.residual": True,
    "model.feed_forward.hidden": 512,
    "model.feed_forward.dropout": 0.1,
    "model.init.kind": "xavier",
    "model.init.attention_gain": 0.5,
    "model.init.gain": 1.0,
    "train.clip_norm": 1.0,
    "train.lr": 3e-3,
    "train.weight_decay": 1e-5,
    "model.classifier.hidden": [256, 128],
    "model.classifier.dropout": 0.2,
    "train.schedule.min_lr": 1e-4,
    "train.stop_after": 15,
}


@pytest.mark.parametrize(("recipe", "fields"), [(OLD, OLD_FIELDS), (FIXED, FIXED_FIELDS)])
def test_the_presets_have_the_hyperparameters_of_the_original_model(
    recipe: Recipe, fields: dict[str, Any]
) -> None:
    assert recipe.flat() == fields


def test_the_id_of_a_recipe_never_changes() -> None:
    assert (OLD.id, FIXED.id) == ("8e9192895b7d", "437a155feb81")


CHANGES: dict[str, Any] = {
    "proteins": "random",
    "model.encoder.dim": 64,
    "model.encoder": "conv",
    "model.memory": "residue",
    "model.memory.position": False,
    "model.attention.dim": 128,
    "model.attention.heads": 4,
    "model.attention.dropout": 0.0,
    "model.attention.temperature": False,
    "model.attention.both_ways": True,
    "model.film": True,
    "model.own_head": True,
    "model.readout": "mean-max",
    "model.normalised": False,
    "model.residual": False,
    "model.feed_forward": None,
    "model.feed_forward.hidden": 64,
    "model.feed_forward.dropout": 0.0,
    "model.classifier.hidden": [128],
    "model.classifier.dropout": 0.0,
    "model.init": "torch",
    "model.init.gain": 0.5,
    "model.init.attention_gain": 1.0,
    "train.optimizer": "adamw",
    "train.lr": 1e-2,
    "train.weight_decay": 0.0,
    "train.batch_size": 64,
    "train.epochs": 3,
    "train.clip_norm": None,
    "train.shift": 5,
    "train.mask": 0.1,
    "train.schedule": "cosine",
    "train.schedule.factor": 0.1,
    "train.schedule.patience": 1,
    "train.schedule.min_lr": 0.0,
    "train.stop_after": None,
}


def test_every_hyperparameter_changes_the_id() -> None:
    ids = {path: FIXED.with_({path: value}).id for path, value in CHANGES.items()}
    assert len(set(ids.values()) | {FIXED.id}) == len(CHANGES) + 1
    assert {path for path in FIXED.flat() if not path.endswith("kind")} <= CHANGES.keys()


def test_no_change_and_a_round_trip_keep_the_id() -> None:
    assert FIXED.with_({"train.lr": FIXED.train.lr}).id == FIXED.id
    assert Recipe.model_validate_json(FIXED.model_dump_json()).id == FIXED.id


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("train.weight_decy", "train.weight_decay"),
        ("model.atention.heads", "model.attention.heads"),
        ("model.memry", "model.memory"),
    ],
)
def test_a_misspelt_path_names_the_nearest(typo: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"no hyperparameter '{typo}'.*Did you mean '{meant}'"):
        FIXED.with_({typo: 1})


@pytest.mark.parametrize(
    ("recipe", "path"),
    [
        (OLD, "model.memory.position"),
        (OLD, "model.init.gain"),
        (OLD, "model.feed_forward.hidden"),
        (FIXED, "model.encoder.kernel"),
        (FIXED.with_({"train.schedule": "constant"}), "train.schedule.patience"),
    ],
)
def test_a_hyperparameter_of_another_variant_cannot_be_set(recipe: Recipe, path: str) -> None:
    with pytest.raises(UserError, match=f"no hyperparameter '{path}'"):
        recipe.with_({path: 1})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"model.memory": {"kind": "pooled", "position": True}},
            "model\\.memory\\.position. is not a known field",
        ),
        ({"model.memory": "residues"}, "pooled, expanded, residue"),
        ({"model.attention.heads": 7}, "heads must divide dim"),
        ({"model.encoder": {"kind": "conv", "kernel": 8}}, "kernel must be odd"),
        ({"model.classifier.dropout": 1.0}, "less than or equal to 0.99"),
        ({"train.lr": 0.0}, "greater than 0"),
        ({"train.lr": float("nan")}, "finite number"),
        ({"train.batch_size": 1}, "greater than or equal to 2"),
    ],
)
def test_an_invalid_value_is_refused_with_the_reason(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(UserError, match=why):
        FIXED.with_(changes)


def test_a_recipe_is_immutable_and_can_be_a_key() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FIXED.train.lr = 1.0  # type: ignore[misc]
    assert {FIXED: "fixed"}[Recipe.model_validate(FIXED.model_dump())] == "fixed"


def test_a_variant_is_set_by_its_kind_alone_or_as_a_whole() -> None:
    by_kind = OLD.with_({"model.memory": "expanded"})
    assert by_kind == OLD.with_({"model.memory": {"kind": "expanded", "position": True}})
    assert by_kind.diff(OLD) == {
        "model.memory.kind": ("expanded", "pooled"),
        "model.memory.position": (True, None),
    }


def test_diff_has_every_hyperparameter_that_differs_and_no_other() -> None:
    changed = OLD.with_({"train.lr": 0.5, "model.residual": True})
    assert OLD.diff(changed) == {"model.residual": (False, True), "train.lr": (1e-3, 0.5)}
    assert OLD.diff(OLD) == {}


@pytest.mark.parametrize("recipe", [OLD, FIXED, CONV_RESIDUE])
def test_narrowed_divides_widths_and_heads_and_changes_nothing_else(recipe: Recipe) -> None:
    widths = {"model.encoder.dim", "model.attention.dim", "model.attention.heads"}
    widths |= {"model.feed_forward.hidden"}
    changed = recipe.diff(narrowed(recipe, 4))
    assert changed.pop("model.classifier.hidden") == (
        list(recipe.model.classifier.hidden),
        [size // 4 for size in recipe.model.classifier.hidden],
    )
    assert changed.keys() == widths & recipe.flat().keys()
    assert all(was == 4 * now for was, now in changed.values())


def test_an_unknown_preset_names_the_nearest() -> None:
    assert preset("fixed") is FIXED
    with pytest.raises(UserError, match="Did you mean 'conv-residue'"):
        preset("conv_residue")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[model.encoder]\nkind = "conv"\nlyers = 3\n',
            r"no hyperparameter 'model\.encoder\.lyers'\. Did you mean 'model\.encoder\.layers'",
        ),
        (
            '[model.encoder]\nkind = "cnv"\n',
            r"model\.encoder is one of .*; got 'cnv'\. Did you mean 'conv'",
        ),
        ("[train]\nlr = -1.0\n", r"train\.lr: expected a value greater than 0, found -1"),
    ],
)
def test_an_invalid_recipe_file_is_an_error_that_names_the_field(
    text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(UserError, match=message):
        read_recipe(tmp_path / "mine.toml")


@pytest.mark.parametrize("path", ["model.encoder", "model.memory", "model"])
def test_a_mistake_in_a_variant_is_named_by_its_path_without_the_kind(path: str) -> None:
    with pytest.raises(UserError, match=f"}}: {path}: a custom class"):
        FIXED.with_({path: {"kind": "custom"}})


@pytest.mark.parametrize("value", ["no", "off", "true", 0, 1.0])
def test_a_boolean_is_true_or_false_and_no_word_or_number(value: Any) -> None:
    switches = [p for p, usual in flat(FIXED.model_dump()).items() if isinstance(usual, bool)]
    assert {"model.residual", "model.film", "model.memory.position"} <= {*switches}
    for path in switches:
        with pytest.raises(UserError, match=f"{path}.* true or false"):
            preset("fixed").with_({path: value})
