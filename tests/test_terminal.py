"""How a command ends: a user's mistake and a full disk are sentences, our bugs are tracebacks."""

import errno
import io
from pathlib import Path

import pytest
import typer
from rich.console import Console

import rpbind
from rpbind.errors import PausedError, UserError
from rpbind.tables import Grid
from rpbind.terminal import EXIT_AGAIN, masked, run_app, typed_command


def ends(error: BaseException) -> int:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["page"])
        with pytest.raises(SystemExit) as exit_code:
            run_app(app)
    assert isinstance(exit_code.value.code, int)
    return exit_code.value.code


def test_a_mistake_of_the_user_is_one_paragraph_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ends(UserError("Ask for fewer.")) == 2
    assert capsys.readouterr().err == "error: Ask for fewer.\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_paragraph_that_ends_with_the_command_to_run_again(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(OSError(number, "full", "ledger/row.parquet")) == EXIT_AGAIN == 75
    message = capsys.readouterr().err
    assert "ledger/row.parquet" in message
    assert message.endswith(": python page\n")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EISDIR])
def test_a_path_that_the_system_refuses_is_named_in_one_sentence(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(OSError(number, "Refused", "data/splits")) == 2
    assert capsys.readouterr().err.startswith("error: data/splits: Refused.")
    with pytest.raises(OSError, match="Refused"):
        ends(OSError(number, "Refused"))  # without a path it is a bug of ours


def test_a_lost_database_ends_like_a_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(PausedError("It goes on.")) == EXIT_AGAIN
    message = capsys.readouterr().err
    assert message.startswith("error: It goes on. ")
    assert message.endswith(": python page\n")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://me:se/cr@et@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("--storage=mysql+pymysql://me:secret@h/d", "--storage=mysql+pymysql://me:***@h/d"),
        (
            "postgresql://h/db?user=me&password=secret&x=1",
            "postgresql://h/db?user=me&password=***&x=1",
        ),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("sqlite:////tmp/a.db me@host", "sqlite:////tmp/a.db me@host"),
        ("http://127.0.0.1:8265 of me@host", "http://127.0.0.1:8265 of me@host"),
    ],
)
def test_a_password_in_a_url_is_never_shown(given: str, shown: str) -> None:
    assert masked(given) == shown


def test_another_error_of_the_system_is_not_hidden() -> None:
    with pytest.raises(FileNotFoundError):
        ends(FileNotFoundError(errno.ENOENT, "no such file"))


def test_ctrl_c_prints_one_line_and_ends_with_exit_code_130(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ends(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_command_that_handles_ctrl_c_itself_gets_no_second_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ends(typer.Exit(130)) == 130
    assert capsys.readouterr().err == ""


NAMES = ("protein-only-5mers-shared", "protein-only-5mers-per-protein", "protein-degree")
FIGURES = ("0.6612", "0.7754", "12,345,678")


def shown(width: int, *, columns: int) -> str:
    table = Grid(title="controls")
    table.add_column("control")
    for number in range(columns):
        table.add_column(f"auroc of part {number}", justify="right")
    for name in NAMES:
        table.add_row(name, *(FIGURES[n % 3] for n in range(columns)))
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("columns", [1, 4, 9])
def test_a_table_of_any_width_truncates_neither_a_name_nor_a_number(
    width: int, columns: int
) -> None:
    text = shown(width, columns=columns)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for figure in FIGURES[:columns]:
        assert text.count(figure) >= len(NAMES)
    rows = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    together = "".join(rows or text.splitlines())
    for name in NAMES:
        assert name in together


def test_a_header_that_is_wider_than_its_numbers_is_folded_between_words() -> None:
    table = Grid()
    table.add_column("control")
    table.add_column("p (Holm)", justify="right", no_wrap=True)
    table.add_row("protein-only-5mers-shared", "0.05")
    console = Console(file=io.StringIO(), width=37)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    assert "(Holm)" in console.file.getvalue()


def test_no_module_prints_a_table_of_another_class() -> None:
    for file in sorted((Path(rpbind.__file__).parent).rglob("*.py")):
        assert file.name == "tables.py" or "from rich.table" not in file.read_text(), file


@pytest.mark.parametrize(
    ("argv", "shown_command"),
    [
        (["/venv/bin/rpbind", "embed", "a b"], "rpbind embed 'a b'"),
        (["experiments/tune.py", "--trials", "3"], "python experiments/tune.py --trials 3"),
    ],
)
def test_the_command_to_run_again_is_the_one_that_was_run(
    argv: list[str], shown_command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", argv)
    assert typed_command() == shown_command
