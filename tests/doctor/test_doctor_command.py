"""`rpbind doctor` examines recipes, model files and studies; its exit code tells errors apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_trainings import HEALTHY, open_world
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.cli.doctor import HAS_ERRORS
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


def run_doctor(*words: object) -> tuple[int, str]:
    """Return exit code and output of `rpbind doctor` with these arguments."""
    result = CliRunner().invoke(app, ["doctor", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(("recipe", "code"), [(OLD, HAS_ERRORS), (FIXED, 0)])
def test_a_recipe_file_is_examined_and_only_an_error_changes_the_exit_code(
    recipe: Recipe, code: int, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(narrowed(recipe, 16).model_dump_json())
    exit_code, output = run_doctor(file, "--data", data)
    assert exit_code == code
    assert ("error: RNA ignored" in output) == (code == HAS_ERRORS)
    assert "warning: attention inert" in output
    assert "windows of 25 nt" in output


def test_every_trained_model_of_a_study_is_examined(
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
    code, output = run_doctor(tmp_path, "--data", data)
    assert code == 0, output
    assert output.count("after training") == 2
    assert output.count("No findings") == 2
    monkeypatch.chdir(tmp_path)  # without --data, the doctor makes a simulated world here
    with pytest.raises(UserError, match=r"was trained on world \w+, .* with --data") as refused:
        run_doctor(tmp_path)
    assert "--other-data" not in str(refused.value)


def test_a_recipe_in_toml_names_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[model.memory]\nkind = "residue"\n[train]\nlr = 0.01\n')
    assert read_recipe(file) == OLD.with_({"model.memory": "residue", "train.lr": 0.01})


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_a_mistake_in_a_recipe_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        read_recipe(file)


def test_a_model_file_and_a_preset_exclude_each_other_and_one_is_needed(
    data: Path, tmp_path: Path
) -> None:
    for words in ((), (tmp_path, "--preset", "old")):
        with pytest.raises(UserError, match="--preset"):
            run_doctor(*words)
    with pytest.raises(UserError, match="holds no study"):
        run_doctor(tmp_path, "--data", data)


def test_a_run_that_still_improved_by_its_ledger_has_that_finding(
    data: Path, tmp_path: Path
) -> None:
    inputs = Inputs.open(data, SplitSpec(), "physchem")
    plan = make_plan(
        "toy",
        Question("?", "!", "."),
        Design("one", (arm("healthy", HEALTHY, ""),), ()),
        (0,),
        DataSource(OpenData(data), SplitSpec()),
    )
    ledger = Ledger(tmp_path)
    ledger.begin(plan)
    job = Job("healthy", HEALTHY, 0, tmp_path / "runs")
    made = train_run(job, inputs, Machine(), "test", lambda point: None)
    curve = tuple({"epoch": n + 1.0, "validation.loss": 0.7 - 0.05 * n} for n in range(3))
    ledger.append(made.model_copy(update={"curve": curve}))
    (file,) = (tmp_path / "runs").glob("*/")
    for subject in (tmp_path, file):
        code, output = run_doctor(subject, "--data", data)
        assert code == 0, output
        assert "warning: still improving" in output
