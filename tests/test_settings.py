"""Defaults from files: which value wins, and that no file changes what a study means."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from rpbind import cli
from rpbind.command import as_command
from rpbind.options import Defaults, Options
from rpbind.settings import Settings, variable
from rpbind.terminal import run_experiment

Taken = Callable[..., Options]


def no_study() -> Any:
    """Return nothing: only the options count here."""


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Run an experiment with the words of a command line, and return the options that it got."""
    (project := tmp_path / "project").mkdir()
    (tmp_path / "user" / "rpbind").mkdir(parents=True)
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))

    def run(*words: str, project: str = "", user: str = "") -> Options:
        Path("rpbind.toml").write_text(project)
        (tmp_path / "user" / "rpbind" / "config.toml").write_text(user)
        got: list[Options] = []

        def take(study: Any, options: Options) -> None:
            got.append(options)
            raise typer.Exit

        monkeypatch.setattr("rpbind.command.plain", lambda study: study)
        monkeypatch.setattr("rpbind.command.spec_of", take)
        monkeypatch.setattr("sys.argv", ["page.py", *words])
        with pytest.raises(SystemExit) as ended:
            run_experiment(as_command()(no_study))
        assert ended.value.code == (0 if got else 2)
        return got[0] if got else Options(defaults=Defaults(narrower=1), name="refused")

    return run


def test_an_option_beats_a_variable_and_that_the_project_and_that_the_user(
    taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert taken().reports == Path("reports")
    files = {"user": 'reports = "u"\nworkers = 2'}
    assert taken(**files).reports == Path("u")
    files["project"] = 'reports = "p"'
    got = taken(**files)
    assert (got.reports, got.workers) == (Path("p"), 2)
    monkeypatch.setenv("RPBIND_REPORTS", "v")
    assert taken(**files).reports == Path("v")
    assert taken("--reports", "o", **files).reports == Path("o")


def test_every_setting_reaches_its_option(taken: Taken) -> None:
    got = taken(
        project='reports = "~/r"\naddress = "auto"\nworkers = 2\ncpus_per_worker = 3\n'
        'gpus_per_run = 1\nlog = ["mlflow", "wandb"]'
    )
    assert (got.reports, got.address, got.workers) == (Path.home() / "r", "auto", 2)
    assert (got.cpus_per_worker, got.gpus_per_run, got.log) == (3, 1.0, ["mlflow", "wandb"])


def test_what_a_file_can_set_are_the_options_with_a_variable() -> None:
    app = typer.Typer()
    app.command()(as_command()(no_study))
    with_variable = {
        option.envvar for option in typer.main.get_command(app).params if option.envvar
    }
    assert with_variable == {variable(name) for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('report = "r"', ["rpbind.toml", "'report'", "Did you mean 'reports'?"]),
        ("seeds = 3", ["rpbind.toml", "'seeds'"]),
        ('split = "random"', ["'split'"]),
        ("epochs = 1", ["'epochs'"]),
        ("workers = 0", ["rpbind.toml", "workers", "1"]),
        ('workers = "2"', ["workers", "integer", "'2'"]),
        ("workers = = 2", ["rpbind.toml", "line 1"]),
        ("[reports]\na = 1", ["rpbind.toml", "reports"]),
    ],
)
def test_a_file_with_a_mistake_or_a_scientific_option_is_refused(
    content: str, named: list[str], taken: Taken, capsys: pytest.CaptureFixture[str]
) -> None:
    assert taken(project=content).name == "refused"
    message = capsys.readouterr().err
    assert all(each in message for each in named), message


def test_a_file_that_cannot_be_read_is_named(
    taken: Taken, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken()
    Path("rpbind.toml").write_bytes(b"reports = '\xff'")
    assert _config(monkeypatch) == 2
    Path("rpbind.toml").unlink()
    Path("rpbind.toml").mkdir()
    assert _config(monkeypatch) == 2
    assert capsys.readouterr().err.count("error: rpbind.toml") == 2


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "abc"), ("GPUS_PER_RUN", "-1")])
def test_config_refuses_a_variable_that_is_no_value_of_its_option(
    name: str,
    value: str,
    taken: Taken,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken()
    monkeypatch.setenv(f"RPBIND_{name}", value)
    assert _config(monkeypatch) == 2
    assert f"RPBIND_{name}" in capsys.readouterr().err
    monkeypatch.setenv(f"RPBIND_{name}", "2")
    assert _config(monkeypatch) == 0


def _config(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["rpbind", "config"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(str(ended.value.code or 0))


def test_help_config_and_verbose_say_where_a_default_comes_from(
    taken: Taken, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken("-v", "--workers", "2", project='reports = "mine"')
    details = capsys.readouterr().err
    assert "--reports = mine (from rpbind.toml)" in details
    assert "--workers = 2 (given)" in details
    assert _config(monkeypatch) == 0
    rows = {line.split("│")[1].strip(): line for line in capsys.readouterr().out.splitlines()
            if line.startswith("│")}  # fmt: skip
    assert "mine" in rows["--reports"]
    assert "rpbind.toml" in rows["--reports"]
    assert "rpbind.toml" not in rows["--workers"]
    monkeypatch.setattr("sys.argv", ["rpbind", "ablate", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "mine, from rpbind.toml" in " ".join(capsys.readouterr().out.split())
