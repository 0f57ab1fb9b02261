"""What every command has in common: quiet and verbose, help, exit codes, streams, colours."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from rpbind import cli, verbosity
from rpbind.api.choices import write_template
from rpbind.conventions import follow_conventions
from rpbind.exits import EXIT_CODES
from rpbind.terminal import phase, progress, run_app
from rpbind.verbosity import detail, say, tell

EXPERIMENTS = sorted((Path(__file__).parents[1] / "experiments").glob("*.py"))
RPBIND = f"{shlex.quote(sys.executable)} -m rpbind"


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, and fail on a traceback."""
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr + ended.stdout
    return ended


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command that has a result, a warning, a notice and a detail."""
    app = typer.Typer(add_completion=False)

    @app.command()
    def work() -> None:
        with phase("a phase"), progress("a bar"):
            say("a notice")
            tell("a warning")
            detail("a detail")
            print("the result")

    @app.command()
    def other() -> None:
        """Be there, so that the first is a command by name."""

    @app.callback()
    def before() -> None:
        """Handle the options before a command."""

    follow_conventions(app)

    def run(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["page", *words])
        with pytest.raises(SystemExit) as ended:
            run_app(app)
        return int(str(ended.value.code or 0))

    return run


NOTICES, DETAILS = {"a phase", "a bar", "a notice"}, {"a detail"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["work"], NOTICES),
        (["work", "-q"], set()),
        (["--quiet", "work"], set()),
        (["-v", "work"], NOTICES | DETAILS),
        (["work", "--verbose"], NOTICES | DETAILS),
        (["-v", "work", "-v"], NOTICES | DETAILS),
    ],
)
def test_quiet_leaves_out_notices_and_verbose_adds_details(
    words: list[str], shown: set[str], talkative: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talkative(*words) == 0
    printed = capsys.readouterr()
    assert printed.out == "the result\n"
    assert set(printed.err.splitlines()) == shown | {"a warning"}


@pytest.mark.parametrize("words", [["work", "-q", "-v"], ["-q", "work", "-v"]])
def test_quiet_and_verbose_together_are_refused(
    words: list[str], talkative: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talkative(*words) == 2
    assert "the result" not in capsys.readouterr().out


def test_a_command_does_not_inherit_how_much_the_one_before_printed(talkative: Any) -> None:
    talkative("-q", "work")
    talkative("work")
    assert not verbosity.is_quiet()


def commands(group: Any, *words: str) -> list[list[str]]:
    """Return the words of every command below a group."""
    found = [[*words]]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, *words, name)
    return found


ALL = commands(typer.main.get_command(cli.app))


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """Return the help text of every command and group, by its words."""
    shown = {}
    for words in ALL:
        asked = ["help", *words]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["rpbind", *asked])
            shown[" ".join(words)] = _output_of(cli.main)
    for file in EXPERIMENTS:
        ended = shell(f"{shlex.quote(sys.executable)} {shlex.quote(str(file))} --help")
        shown[file.name] = ended.stdout
    return shown


def _output_of(main: Any) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return said.getvalue()


def test_help_shows_each_command_that_is_named(helps: dict[str, str]) -> None:
    assert len(helps) > 20
    for words, text in helps.items():
        assert text.splitlines()[0].startswith(f"Usage: {f'rpbind {words}'.strip()} ") or (
            text.startswith(f"Usage: {words} ")
        )


def test_every_help_fits_80_columns_and_cuts_nothing(helps: dict[str, str]) -> None:
    for words, text in helps.items():
        assert max(map(len, text.splitlines())) <= 80, words
        assert "…" not in text
        assert not re.search(r"\w\.\.\.$", text, re.MULTILINE), words


def test_the_help_of_every_command_lists_the_exit_codes(helps: dict[str, str]) -> None:
    for words, text in helps.items():
        if words in ("import", "job"):
            continue  # a group does nothing by itself
        listed = re.findall(r"^ +(\d+) +\w", text.split("Exit codes:")[1], re.MULTILINE)
        assert [int(code) for code in listed] == sorted(EXIT_CODES), words


def test_the_documented_exit_codes_are_those_of_the_code() -> None:
    page = (Path(__file__).parents[1] / "docs" / "commands.md").read_text()
    table = page.split("## Exit codes")[1]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(
        EXIT_CODES
    )


def test_every_command_and_experiment_takes_quiet_and_verbose(helps: dict[str, str]) -> None:
    for words, text in helps.items():
        assert words in ("import", "job") or ("-q, --quiet" in text and "-v, --verbose" in text)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("help import tabel", "table"),
        ("splt", "split"),
        ("split d --ruel cold-rna", "--rule"),
        ("baselines d --split cold-rma", "cold-rna"),
        ("doctor --preset fixd", "fixed"),
        ("ablate --sede 3", "--seeds"),
        ("ablate --design pth", "path"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest_one(
    typed: str, nearest: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["rpbind", *typed.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert nearest in capfd.readouterr().err


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        (">&- 2>&- <&-", 0),
        ("| true", 1),
        ("2>&1 | true", 1),
        ("| head -1", 0),
        (">/dev/full", 75),
    ],
)
def test_closed_and_broken_streams_end_without_a_traceback(streams: str, code: int) -> None:
    assert shell(f"{RPBIND} hyperparameters {streams}").returncode == code


def test_a_refusal_with_closed_streams_keeps_its_exit_code() -> None:
    assert shell(f"{RPBIND} split nowhere 2>&-").returncode == 2


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_follow_no_color_and_force_color(
    environment: dict[str, str], *, coloured: bool
) -> None:
    refused = shell(f"{RPBIND} split nowhere", TERM="xterm-256color", **environment)
    assert refused.returncode == 2
    assert ("\x1b[31m" in refused.stderr) == coloured


@pytest.mark.parametrize("flag", ["-q", "-v"])
def test_a_study_file_is_run_with_the_common_options(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_template(tmp_path / "study.toml")
    run: list[Any] = []
    monkeypatch.setattr("rpbind.command.conduct", lambda spec, *how: run.append(spec))
    monkeypatch.setattr("sys.argv", ["rpbind", "run", str(tmp_path / "study.toml"), flag])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, len(run)) == (0, 1)
