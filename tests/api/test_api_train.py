"""One recipe is trained without a comparison, by `rb.train` and by `rpbind train`."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rpbind as rb
from rpbind import cli
from rpbind.api.train import one_recipe
from rpbind.recipe.files import as_toml
from rpbind.studyfile.build import build
from rpbind.studyfile.given import plain, spec_of
from rpbind.studyfile.run import Call, options_of

SMALL = {"epochs": 1, "narrower": 16}


@pytest.fixture(scope="module")
def model(tiny: Path, tmp_path_factory: pytest.TempPathFactory, one_ray: None) -> Any:
    """The model of the first of two seeds."""
    home = tmp_path_factory.mktemp("train")
    data = Path(shutil.copytree(tiny, home / "world"))
    return rb.train(data, "fixed", seeds=2, reports=home / "reports", **SMALL)


def test_the_model_of_the_first_seed_predicts(model: Any, tiny: Path) -> None:
    assert model.path.name.endswith("-s0")
    protein = rb.load_dataset(tiny).proteins()["protein"][0]
    table = model.predict(["ACGU" * 7 + "ACG"] * 2, protein=protein)
    assert table["probability"].between(0, 1).all()
    assert len(table) == 2


def test_its_study_has_all_seeds_and_a_page_and_compares_nothing(model: Any) -> None:
    runs = model.study.runs()
    assert sorted(runs[runs["stage"] == "ablation"]["seed"]) == [0, 1]
    assert model.study.is_complete
    assert model.study.verdicts().empty
    assert (model.study.folder / "index.html").exists()
    assert model.study.name in (model.study.folder.parent / "index.html").read_text()  # the list
    assert model.study.name.startswith("train-")


def test_a_recipe_is_one_study_by_name_as_object_and_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(as_toml(rb.preset("fixed")))
    made = []
    for recipe in ("fixed", rb.preset("fixed"), file):
        spec = spec_of(plain(one_recipe(recipe)), {"epochs": 3, "narrower": 8})
        (arm,) = build(spec, options_of(spec, Call())).design.arms
        made.append((arm.name, arm.recipe_id))
    assert len(set(made)) == 1


def test_a_recipe_that_is_none_is_refused_by_its_option(tmp_path: Path) -> None:
    with pytest.raises(rb.UserError, match="Did you mean 'fixed'"):
        rb.train(recipe="fixd", reports=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_trains_what_its_arguments_say(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    conducting = importlib.import_module("rpbind.experiment")
    monkeypatch.setattr(conducting, "conduct", lambda *its: asked.append(its))
    data = str(shutil.copytree(tiny, tmp_path / "world"))
    for words in (["--recipe", "conv-residue", "--seeds", "3"], ["--smoke"]):
        assert CliRunner().invoke(cli.app, ["train", data, *words]).exit_code == 0
    (name, _, design, options), (_, _, smoke, quick) = asked
    assert (name, options.control, options.seeds, quick.seeds) == ("train", None, 3, 1)
    assert design.contrasts == ()
    assert [arm.change for arm in (*design.arms, *smoke.arms)] == [
        "preset conv-residue",
        "preset fixed",
    ]
