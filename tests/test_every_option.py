"""Every option of every experiment changes what is run, or is refused: none is without effect."""

from __future__ import annotations

import inspect
import runpy
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from rpbind import cli
from rpbind.run.logger_registry import LOGGERS
from rpbind.terminal import run_app

EXPERIMENTS = sorted((Path(__file__).parents[1] / "experiments").glob("*.py"))
SPACE = """
about = "Rates."
[[dimension]]
path = "train.lr"
kind = "float"
low = 1e-4
high = 1e-2
[[dimension]]
path = "train.weight_decay"
kind = "float"
low = 1e-4
high = 1e-2
"""
SHARED = {
    "--data": "--data other",
    "--proteins": "--proteins random",
    "--seeds": "--seeds 9",
    "--add-seeds": "--add-seeds 2",
    "--epochs": "--epochs 9",
    "--narrower": "--narrower 2",
    "--split": "--split random",
    "--workers": "--workers 2",
    "--cpus-per-worker": "--cpus-per-worker 2",
    "--gpus-per-run": "--gpus-per-run 1",
    "--share-gpus": "--share-gpus",
    "--executor": "--executor train",
    "--address": "--address ray://nowhere:1",
    "--log": "--log tensorboard",
    "--reports": "--reports elsewhere",
    "--name": "--name mine",
    "--notify": "--notify true",
    "--dry-run": "--dry-run",
    "--yes": "--yes",
    "--accept-code-change": "--accept-code-change",
    "--smoke": "--smoke",
}
OWN = {
    "ablate": {
        "--design": "--design leave-one-out",
        "--changes": "--design factorial --changes residual,lr",
        "--trials": "--trials 3",
        "--space": "--trials 3 --space s.toml",
        "--tune-arms": "--tune-arms 3",
        "--searches": "--tune-arms 3 --searches 2",
        "--shared-configs": "--tune-arms 3 --shared-configs",
        "--study": "--study study.toml",
    },
    "tune": {
        "--space": "--space s.toml",
        "--trials": "--trials 3",
        "--base": "--base old",
        "--sampler": "--sampler random",
        "--scheduler": "--scheduler asha",
        "--seeds-per-trial": "--seeds-per-trial 2",
        "--repeats": "--repeats redraw",
        "--objective": "--objective loss",
        "--budget-minutes": "--budget-minutes 3",
        "--budget-train-seconds": "--budget-train-seconds 3",
        "--warm-start": "--warm-start fixed",
        "--storage": "--storage sqlite:///s.db",
    },
}
WITHOUT = {
    "--changes": "--design factorial",
    "--space": "--trials 3",
    "--searches": "--tune-arms 3",
    "--shared-configs": "--tune-arms 3",
}
"""What an option of `ablate` is compared with: the command without it."""


@pytest.fixture(scope="module")
def folder(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets, a space, and a study."""
    home = tmp_path_factory.mktemp("options")
    for name in ("data", "other"):
        shutil.copytree(tiny, home / name)
    (home / "s.toml").write_text(SPACE)
    (home / "study.toml").write_text("[changes]\nslow = { train.lr = 1e-4 }\n")
    return home


def app_of(page: Path) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(runpy.run_path(str(page))["main"])
    return app


def run(app: typer.Typer, words: str, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """What a command would conduct, told apart by all that a study depends on."""
    calls: list[tuple[object, ...]] = []

    def conduct(name: str, question: Any, design: Any, options: Any) -> None:
        searched = options.sweep and options.sweep.plan_entry()
        parts = {k: v for k, v in vars(options).items() if k not in ("sweep", "study_file")}
        storage = options.sweep and options.sweep.config.storage
        calls.append((name, repr(design), repr(parts), repr(searched), storage))

    monkeypatch.setattr("rpbind.experiment.conduct", conduct)
    monkeypatch.setitem(LOGGERS, "tensorboard", replace(LOGGERS["tensorboard"], package="numpy"))
    monkeypatch.setattr(sys, "argv", ["rpbind", *words.split()])
    with pytest.raises(SystemExit) as ended:
        run_app(app)
    assert ended.value.code == 0
    return calls[0]


@pytest.mark.parametrize(
    "page", [page for page in EXPERIMENTS if page.stem != "tune"], ids=lambda page: page.stem
)
def test_the_decision_rule_of_an_experiment_names_the_interval_of_its_split(
    page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    rules: list[str] = []
    monkeypatch.setattr(
        "rpbind.experiment.conduct", lambda name, question, *rest: rules.append(question.rule)
    )
    for words in ("", " --split folds:3"):
        monkeypatch.setattr(sys, "argv", ["rpbind", *f"--data data{words}".split()])
        with pytest.raises(SystemExit) as ended:
            run_app(app_of(page))
        assert ended.value.code == 0
    assert ["two-way" in rule for rule in rules] == [True, False]
    assert ["Nadeau" in rule for rule in rules] == [False, True]


def options_of(page: Path) -> dict[str, str]:
    return SHARED | OWN.get(page.stem, {})


@pytest.mark.parametrize("page", EXPERIMENTS, ids=lambda page: page.stem)
def test_every_option_of_an_experiment_has_a_line_in_this_table(page: Path) -> None:
    named = {option.opts[0] for option in typer.main.get_command(app_of(page)).params}
    assert named - {"--help"} == options_of(page).keys()


CASES = [
    pytest.param(page, option, id=f"{page.stem} {option}")
    for page in EXPERIMENTS
    for option in (options_of(page) if page.stem in OWN or page.stem.startswith("e03") else SHARED)
    if page.stem in OWN or page.stem.startswith("e03")
]


@pytest.mark.parametrize(("page", "option"), CASES)
def test_an_option_changes_what_is_run(
    page: Path, option: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    data = "" if option == "--data" else "--data data "
    without = WITHOUT.get(option, "") if page.stem == "ablate" else ""
    plain = run(app_of(page), f"--data data {without}", monkeypatch)
    assert run(app_of(page), f"{data}{options_of(page)[option]}", monkeypatch) != plain


COMMANDS = {
    "train": ("data", {k: v for k, v in SHARED.items() if k != "--data"}
              | {"--recipe": "--recipe old"}),
    "run": ("study.toml --data data", SHARED),
}  # fmt: skip
"""Commands of the package that no experiment has: their argument, and options with an effect."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_that_runs_a_study_has_a_line_in_this_table(name: str) -> None:
    command = typer.main.get_command(cli.app).commands[name]  # type: ignore[attr-defined]
    options = {one.opts[0] for one in command.params if one.opts[0].startswith("--")}
    assert options - {"--help", "--quiet", "--verbose"} == COMMANDS[name][1].keys()


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name, (_, row) in COMMANDS.items() for option in row]
)
def test_an_option_changes_what_a_command_runs(
    name: str, option: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    argument, row = COMMANDS[name]
    plain = run(cli.app, f"{name} {argument}", monkeypatch)
    kept = argument.removesuffix(" --data data") if option == "--data" else argument
    assert run(cli.app, f"{name} {kept} {row[option]}", monkeypatch) != plain


@pytest.mark.parametrize("name", ["ablate", "tune"])
def test_the_command_in_the_package_is_the_experiment_of_that_name(name: str) -> None:
    page = runpy.run_path(str(EXPERIMENTS[0].with_name(f"{name}.py")))
    main = inspect.unwrap(page["main"])
    commands = cli.app.registered_commands
    (command,) = [c for c in commands if c.callback and inspect.unwrap(c.callback) is main]
    assert (
        typer.main.get_command_from_info(
            command, pretty_exceptions_short=True, rich_markup_mode=None
        ).name
        == name
    )
