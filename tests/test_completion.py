"""Shell completion offers names from registries, and folders that are there."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from rpbind import cli
from rpbind.completion import FOLDERS, WORDS
from rpbind.data.splits import Rule
from rpbind.proteins.encoders import ENCODERS
from rpbind.recipe.presets import PRESETS
from rpbind.search.config import SAMPLERS
from rpbind.spaces.named import SPACES

Offered = Callable[[str], list[str]]


@pytest.fixture
def offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Offered:
    """Complete a line as bash does, in an empty folder; a line that ends in a blank has no word."""
    monkeypatch.chdir(tmp_path)

    def complete(line: str) -> list[str]:
        monkeypatch.setattr("sys.argv", ["rpbind"])
        monkeypatch.setenv("_RPBIND_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - (not line.endswith(" "))))
        with pytest.raises(SystemExit):
            cli.main()
        return capsys.readouterr().out.split()

    return complete


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("rpbind ablate --split ", get_args(Rule)),
        ("rpbind split d --rule ", get_args(Rule)),
        ("rpbind doctor --preset ", PRESETS),
        ("rpbind train --recipe ", PRESETS),
        ("rpbind ablate --proteins ", ENCODERS),
        ("rpbind embed d --encoder ", ENCODERS),
        ("rpbind tune --sampler ", SAMPLERS),
        ("rpbind tune --space ", SPACES),
        ("rpbind import table t --on-conflict ", ("error", "drop")),
        ("rpbind hel", ("help",)),
        ("rpbind help im", ("import",)),
        ("rpbind help import tab", ("table",)),
        ("rpbind ablate --workers ", ()),
        ("rpbind predict m w --proteins ", ()),  # a file, which the shell completes
    ],
)
def test_values_of_options_are_offered(line: str, values: Any, offered: Offered) -> None:
    assert offered(line) == list(values)


def test_a_beginning_leaves_the_values_that_begin_so(offered: Offered) -> None:
    assert offered("rpbind ablate --split cold-p") == ["cold-protein"]


def test_folders_of_studies_models_and_datasets_are_offered(
    offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered("rpbind status ") == []
    for reports in ("reports", "mine"):
        runs = Path(reports) / "one" / "runs"
        for name in ("run", ".draft", "no-model"):
            (runs / name).mkdir(parents=True)
        for file in ("run/model.json", ".draft/model.json", "other.unfinished.pt"):
            (runs / file).touch()
        (Path(reports) / "one" / "plan.json").touch()
        (Path(reports) / "no-study").mkdir()
    Path("data/toy").mkdir(parents=True)
    Path("data/toy/manifest.json").touch()
    assert offered("rpbind status ") == ["reports/one"]
    assert offered("rpbind predict ") == ["reports/one/runs/run"]
    assert offered("rpbind split ") == offered("rpbind ablate --data ") == ["data/toy"]
    Path("rpbind.toml").write_text('reports = "mine"')
    assert offered("rpbind compare mine/one ") == ["mine/one"]
    monkeypatch.setenv("RPBIND_REPORTS", "reports")
    assert offered("rpbind compare mine/one ") == ["reports/one"]


def test_every_completed_option_is_an_option_of_some_command() -> None:
    def options(command: Any, name: str) -> set[str]:
        below = getattr(command, "commands", {}).items()
        mine = {each for option in command.params for each in (option.name, *option.opts)}
        mine |= {f"{name} {each}" for each in mine}
        return mine.union(*(options(one, word) for word, one in below))

    known = options(typer.main.get_command(cli.app), "rpbind")
    assert {*WORDS, *FOLDERS} - known == set()


def test_completion_imports_nothing_heavy() -> None:
    program = (
        "import sys; from rpbind.completion import WORDS\n"
        "for values in WORDS.values(): list(values())\n"
        "print(*{'torch', 'ray', 'sklearn', 'optuna'} & set(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == ""


def test_completion_is_installed_for_a_shell_and_an_unwritable_home_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def install(home: Path) -> int:
        ended = subprocess.run(
            [sys.executable, "-m", "rpbind", "--install-completion", "bash"],
            env={"HOME": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
            check=False,
        )
        return ended.returncode

    assert install(tmp_path) == 0
    assert "complete" in next((tmp_path / ".bash_completions").iterdir()).read_text()
    capfd.readouterr()
    (tmp_path / "file").touch()
    assert install(tmp_path / "file") == 2
    message = capfd.readouterr().err
    assert message.startswith(f"error: {tmp_path / 'file'}")
    assert "Traceback" not in message
