"""The user's own classes in a model: paired, seeded, examined and trained like ours."""

from pathlib import Path

import pytest
import torch
from toy_parts import FILE, SMALL, custom, recipes, write

from rpbind.doctor.contract import check_contract
from rpbind.doctor.examine import examine_trained, examine_untrained
from rpbind.doctor.guard import compare_arms
from rpbind.errors import UserError
from rpbind.ledger import ContrastPlan
from rpbind.model.build import build_model
from rpbind.recipe import Recipe
from rpbind.recipe.files import as_toml, read_recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.recipe import Recipe as Stored
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.probes import probe

KINDS = ("encoder", "memory", "model", "residues")


def weights(recipe: Recipe, seed: int = 3) -> dict[str, torch.Tensor]:
    return dict(build_model(recipe.model, width=24, length=31, seed=seed).named_parameters())


def test_layers_that_two_arms_share_begin_with_the_same_values(tmp_path: Path) -> None:
    made = recipes(write(tmp_path))
    ours = weights(SMALL)
    for kind in ("encoder", "memory"):
        theirs = weights(made[kind])
        shared = [name for name in ours if name in theirs and kind not in name]
        assert {"attend.output.weight", "head.0.weight"} <= {*shared}
        assert all(torch.equal(ours[name], theirs[name]) for name in shared)


def test_a_layer_more_in_a_class_changes_no_other_initial_value(tmp_path: Path) -> None:
    before = weights(recipes(write(tmp_path))["model"])
    more = FILE.replace(
        "        self.rna =", "        self.extra = nn.Linear(3, 3)\n        self.rna ="
    )
    after = weights(recipes(write(tmp_path, more))["model"])
    assert {*after} - {*before} == {"extra.weight", "extra.bias"}
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_whole_model_keeps_its_own_initial_values_or_takes_the_rule_of_ours(
    tmp_path: Path,
) -> None:
    text = FILE.replace("        self.drop = nn.Dropout(dropout)",
                        "        self.drop = nn.Dropout(dropout)\n"
                        "        nn.init.constant_(self.protein.weight, 0.5)")  # fmt: skip
    own = recipes(write(tmp_path, text))["model"]
    assert (weights(own)["protein.weight"] == 0.5).all()
    ruled = weights(own.with_({"model.init": "torch"}))["protein.weight"]
    assert 0 < ruled.abs().max() <= 24**-0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_has_the_same_bits_twice_and_after_an_interruption(
    kind: str, tmp_path: Path, inputs: Inputs
) -> None:
    recipe = recipes(write(tmp_path))[kind]
    check_contract(recipe, inputs)
    first, second = Training(recipe, 1, inputs), Training(recipe, 1, inputs)
    whole, stopped = list(first.epochs()), second.epochs()
    next(stopped)
    third = Training(recipe, 1, inputs)
    third.load_state(second.state())
    left = list(third.epochs())
    assert [point["train.loss"] for point in whole[1:]] == [point["train.loss"] for point in left]
    ended, resumed = first.model.state_dict(), third.model.state_dict()
    assert all(torch.equal(ended[name], resumed[name]) for name in ended)


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_is_the_same_from_a_file_and_from_its_record(kind: str, tmp_path: Path) -> None:
    recipe = recipes(write(tmp_path))[kind]
    (tmp_path / "own.toml").write_text(as_toml(recipe))
    assert read_recipe(tmp_path / "own.toml") == recipe
    assert Stored.model_validate(recipe.model_dump(mode="json")).id == recipe.id
    write(tmp_path, FILE + "\n# another content\n")
    assert recipes(tmp_path / "my_parts.py")[kind].id != recipe.id


def test_a_record_is_read_without_running_its_code(tmp_path: Path) -> None:
    record = recipes(write(tmp_path))["encoder"].model_dump(mode="json")
    record["model"]["encoder"] |= {"class": "evil.py:Evil", "sha256": "0" * 64}
    assert Stored.model_validate(record).value("model.encoder.class") == "evil.py:Evil"
    del record["model"]["encoder"]["sha256"]
    (tmp_path / "evil.py").write_text("raise SystemExit\n")
    with pytest.raises(ValueError, match="sha256"):
        Stored.model_validate(record)


def test_options_are_reached_by_paths_and_stay_as_wide_as_they_are(tmp_path: Path) -> None:
    recipe = recipes(write(tmp_path))["encoder"]
    wider = recipe.with_({"model.encoder.options.dim": 16})
    assert wider.diff(recipe) == {"model.encoder.options.dim": (16, 8)}
    assert narrowed(wider, 2).value("model.encoder.options.dim") == 16
    with pytest.raises(UserError, match=r"model\.encoder\.options\.dim"):
        recipe.with_({"model.encoder.options.dimm": 16})
    with pytest.raises(UserError, match="must be int"):
        recipe.with_({"model.encoder.options.dim": "wide"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_doctor_says_what_does_not_apply_to_an_own_class_and_why(
    kind: str, tmp_path: Path, inputs: Inputs
) -> None:
    training = Training(recipes(write(tmp_path))[kind], 0, inputs)
    found = {one.name: one for one in examine_trained(training).findings}
    untrained = examine_untrained(training)
    left_out = {name for name in found if name.startswith("not applicable")}
    expected = {
        "encoder": {"not applicable: dead units in the encoder"},
        "memory": set(),
        "model": {
            "not applicable: attention",
            "not applicable: dead units",
            "not applicable: gradient at the RNA encoder",
        },
    }
    assert left_out == expected.get(kind, expected["model"])
    assert all(
        found[name].severity == "info" and "since" in found[name].advice for name in left_out
    )
    assert left_out <= {one.name for one in untrained.findings}
    assert "padding counts" not in found
    assert ("attention.uniform" in untrained.measured) == (kind in ("encoder", "memory"))


def test_a_model_that_ignores_the_protein_is_a_finding_and_no_error(
    tmp_path: Path, inputs: Inputs
) -> None:
    recipe = SMALL.with_({"model": custom(write(tmp_path), "Blind")})
    check_contract(recipe, inputs)
    found = {one.name for one in examine_untrained(Training(recipe, 0, inputs)).findings}
    assert "protein ignored" in found


def test_probes_of_a_whole_model_leave_out_the_attention(tmp_path: Path, inputs: Inputs) -> None:
    metrics, _ = probe(Training(recipes(write(tmp_path))["model"], 0, inputs))
    assert metrics["probe.letters-shuffled.moved"] > 0
    assert not [name for name in metrics if "uniform-attention" in name]


def test_the_guard_sees_that_two_own_models_are_one_function(
    tmp_path: Path, inputs: Inputs
) -> None:
    file = write(tmp_path)
    one = recipes(file)["model"]
    write(tmp_path, FILE + "\n# a comment\n")
    other = recipes(file)["model"]
    contrast = ContrastPlan(name="again", arm="b", reference="a")
    same = compare_arms(contrast, other, one, lambda proteins: inputs)
    assert [each.name for each in same.findings] == ["inert: same function in float32"]
    wider = one.with_({"model.options.hidden": 8})
    assert not compare_arms(contrast, wider, one, lambda proteins: inputs).findings
    assert not compare_arms(contrast, SMALL, one, lambda proteins: inputs).findings


LOGITS = "(self.protein(protein))))[:, 0]"
WRONG = {
    "(B, 1) for (B,)": ("model", LOGITS, LOGITS[:-6], "Squeeze"),
    "NaN": ("model", LOGITS, f"{LOGITS} / 0", "finite"),
    "float64": ("model", LOGITS, f"{LOGITS}.double()", "float64"),
    "no gradient": ("model", LOGITS, f"{LOGITS}.detach()", "gradient"),
    "no tensor": ("residues", "return ((counts", "return 1, ((counts", "tuple"),
    "another width": ("encoder", "self.dim = dim", "self.dim = dim + 1", r"\(B, Q, C\)"),
    "no width": ("encoder", "self.dim = dim", "pass", r"self\.dim"),
    "keys alone": ("memory", ", self.value(means)", "", "keys, values"),
    "a mask of floats": ("memory", "value(means)", "value(means), means[:, :, 0]", "bool"),
    "reads that is a list": ("model", 'reads = "mean"', 'reads = ["mean"]', "'residues'"),
    "unknown reads": ("model", 'reads = "mean"', 'reads = "means"', "'residues'"),
    "its own device": ("model", "(width, hidden)", '(width, hidden, device="meta")', "meta"),
    "unseeded draws": ("model", "self.drop(torch", "F.dropout(input=torch", r"nn\.Dropout"),
    "no module": ("model", "class Whole(nn.Module)", "class Whole", "Module"),
    "forward": ("residues", "F.one_hot(rna, 5)", "F.one_hot(rna, 2)", r"one_hot\(rna, 2\)"),
    "__init__": ("model", "self.rna = nn", "self.rna = 1 / 0; nn", "self.rna = 1 / 0"),
}
"""What a user's file has wrong: the recipe, a text and its replacement, what the error names."""


@pytest.mark.parametrize("case", WRONG)
def test_a_class_that_breaks_its_contract_is_refused_before_anything_is_trained(
    case: str, tmp_path: Path, inputs: Inputs
) -> None:
    kind, right, wrong, named = WRONG[case]
    assert right in FILE
    with pytest.raises(UserError, match=named) as error:
        check_contract(recipes(write(tmp_path, FILE.replace(right, wrong)))[kind], inputs)
    slot = {"encoder": "model.encoder", "memory": "model.memory"}.get(kind, "model")
    assert slot in str(error.value) or case == "unseeded draws"
