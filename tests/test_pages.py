"""What the experiment pages refuse before anything is run: --dry-run finds it too."""

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from rpbind.errors import UserError
from rpbind.run.logger_registry import LOGGERS

PAGES = Path(__file__).parents[1] / "experiments"


@pytest.fixture(scope="module")
def world(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of this module's own: a page makes the embedding stores of its controls in it."""
    return Path(shutil.copytree(tiny, tmp_path_factory.mktemp("pages") / "world"))


def page(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PAGES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def dry_run(name: str, *options: str) -> BaseException | None:
    """What ends a dry run."""
    app = typer.Typer()
    app.command()(page(name).main)
    return CliRunner().invoke(app, [*options, "--dry-run"]).exception


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("ablate", "--searches 5", "Add --tune-arms"),
        ("ablate", "--shared-configs --trials 4", "Add --tune-arms"),
        ("ablate", "--space nowhere.toml", "Add --trials or --tune-arms"),
        ("ablate", "--space nowhere.toml --tune-arms 2", "no search space nowhere.toml"),
        ("ablate", "--trials 2 --tune-arms 2", "--trials and --tune-arms"),
        ("ablate", "--changes residual,lr", "--design is path"),
        ("ablate", "--add-seeds 2000", "--add-seeds extends an existing study"),
        ("tune", "--sampler grid --trials 999 --warm-start fixed", "leave --warm-start out"),
        ("tune", "--budget-minutes 0", "--budget-minutes: expected a value greater than 0"),
        ("tune", "--budget-minutes -1", "--budget-minutes: expected a value greater than 0"),
        ("tune", "--budget-minutes inf", "--budget-minutes: expected a finite number"),
        (
            "tune",
            "--budget-train-seconds 0",
            "--budget-train-seconds: expected a value greater than 0",
        ),
        (
            "tune",
            "--data s3://bucket/eclip91",
            "--data takes the path of a folder; got the URL s3:",
        ),
    ],
)
def test_contradictory_options_are_refused(name: str, options: str, why: str, world: Path) -> None:
    data = [] if "--data" in options else ["--data", str(world)]
    error = dry_run(name, *options.split(), *data)
    assert isinstance(error, UserError)
    assert why in str(error)


def test_a_storage_that_cannot_be_opened_is_refused(world: Path) -> None:
    error = dry_run("tune", "--data", str(world), "--storage", "sqlite:////nowhere/s.db")
    assert isinstance(error, UserError)
    assert "--storage sqlite:////nowhere/s.db cannot be opened (unable to open" in str(error)


def test_a_logger_that_is_not_installed_is_refused(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LOGGERS, "mlflow", replace(LOGGERS["mlflow"], package="no_such_package"))
    error = dry_run("tune", "--data", str(world), "--log", "mlflow")
    assert isinstance(error, UserError)
    assert "pip install" in str(error)


@pytest.mark.parametrize(
    ("reports", "why"),
    [
        ("s3://bucket/reports", "the URL s3:/bucket/reports"),
        ("gs://bucket", "the URL gs:/bucket"),
        ("a_file", "is not a folder"),
        ("a_file/reports", "a_file is not a folder"),
    ],
)
def test_unusable_report_folders_are_refused(
    reports: str, why: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a_file").write_text("")
    error = dry_run("tune", "--data", str(world), "--reports", reports)
    assert isinstance(error, UserError)
    assert why in str(error)
    assert [file.name for file in tmp_path.iterdir()] == ["a_file"]


def test_a_dry_run_says_that_one_protein_cluster_reaches_no_verdict(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(page("ablate").main)
    words = ["--data", str(world), "--smoke", "--dry-run", "--design", "add-one-in"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "with 1 protein cluster, no verdict except inert" in result.output
    assert "old+one-protein: proteins: physchem → constant; 2 seeds" in result.output
    assert list(tmp_path.iterdir()) == []
