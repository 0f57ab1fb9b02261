"""The command: recipes, model files and studies as patients, and what its exit code says."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_patients import HEALTHY, open_world
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.cli.doctor import SICK
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.train.run import train_run
from rpbind.train.task import Job


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command") / "world"
    open_world(folder)
    return folder


def ask(*words: object) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["doctor", *map(str, words)])
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        raise told.exception
    return told.exit_code, told.output


@pytest.mark.parametrize(("recipe", "code"), [(OLD, SICK), (FIXED, 0)])
def test_a_recipe_file_is_examined_and_only_an_error_is_an_exit_code(
    recipe: Recipe, code: int, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(narrowed(recipe, 16).model_dump_json())
    came, said = ask(file, "--data", data)
    assert came == code
    assert ("error: RNA ignored" in said) == (code == SICK)
    assert "warning: attention inert" in said
    assert "windows of 25 nt" in said


def test_every_run_of_a_study_is_examined_as_its_training_left_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = Inputs.open(data, SplitSpec(), "physchem")
    plan = make_plan(
        "toy",
        Question("?", "!", "."),
        Design("one", (arm("healthy", HEALTHY, ""),), ()),
        (0, 1),
        DataSource(OpenData(data), SplitSpec()),
    )
    Ledger(tmp_path).begin(plan)
    for seed in plan.seeds:
        job = Job("healthy", HEALTHY, seed, tmp_path / "runs")
        assert train_run(job, inputs, Machine(), "test", lambda point: None).state == "done"
    code, said = ask(tmp_path, "--data", data)
    assert code == 0, said
    assert said.count("after training") == 2
    assert said.count("No finding") == 2
    monkeypatch.chdir(tmp_path)  # without --data it is the simulated world, made here
    with pytest.raises(UserError, match=r"was trained on world \w+, .* with --data") as refused:
        ask(tmp_path)
    assert "--other-data" not in str(refused.value)


def test_a_recipe_in_toml_names_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[model.memory]\nkind = "residue"\n[train]\nlr = 0.01\n')
    assert read_recipe(file) == OLD.with_({"model.memory": "residue", "train.lr": 0.01})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[model]\nresidul = true\n",
            "no hyperparameter 'model.residul'. Did you mean 'model.residual'?",
        ),
        ("[train]\nlr = -1.0\n", "train.lr: "),
        ("train = ", "is not TOML"),
        ("", "sets no field"),
        ("# lr = 0.01\n", "sets no field"),
    ],
)
def test_a_recipe_that_is_wrong_says_where(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UserError, match=said.replace("?", r"\?")):
        read_recipe(file)


def test_a_patient_must_be_named_once(data: Path, tmp_path: Path) -> None:
    for words in ((), (tmp_path, "--preset", "old")):
        with pytest.raises(UserError, match="Name one patient"):
            ask(*words)
    with pytest.raises(UserError, match="holds no study"):
        ask(tmp_path, "--data", data)


def test_a_run_whose_ledger_says_that_it_still_improved_is_told_so(
    data: Path, tmp_path: Path
) -> None:
    inputs = Inputs.open(data, SplitSpec(), "physchem")
    asked = make_plan(
        "toy",
        Question("?", "!", "."),
        Design("one", (arm("healthy", HEALTHY, ""),), ()),
        (0,),
        DataSource(OpenData(data), SplitSpec()),
    )
    ledger = Ledger(tmp_path)
    ledger.begin(asked)
    job = Job("healthy", HEALTHY, 0, tmp_path / "runs")
    made = train_run(job, inputs, Machine(), "test", lambda point: None)
    curve = tuple({"epoch": n + 1.0, "validation.loss": 0.7 - 0.05 * n} for n in range(3))
    ledger.append(made.model_copy(update={"curve": curve}))
    (file,) = (tmp_path / "runs").glob("*.pt")
    for what in (tmp_path, file):
        code, said = ask(what, "--data", data)
        assert code == 0, said
        assert "warning: still improving" in said
        assert "More epochs" in said
