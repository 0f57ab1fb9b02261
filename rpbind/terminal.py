"""How every command speaks to a terminal: progress bars, and errors in one paragraph."""

from __future__ import annotations

import errno
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rpbind.errors import PausedError, UserError

PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
"""How `Console.print` shows a text as it is."""

REPORT = "report: "
"""How the line begins that names a written report; `rpbind job fetch` looks for it."""


AGAIN = 75
"""Exit code (EX_TEMPFAIL): what is recorded is whole, and the same command goes on."""

REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
"""What the system says of a path that a user has named and that is not to be read or written."""


def run_app(app: typer.Typer) -> None:
    """Run a command line; a user's mistake ends in one paragraph and exit code 2.

    So do a path that cannot be read or written, and, with exit code 75, a full disk or a lost
    database: nothing is half written, and the same command goes on. Ctrl-C ends in a line and
    exit code 130.
    """
    try:
        _no_empty_argument(sys.argv[1:])
        app()
    except UserError as error:
        _fail(str(error), 2)
    except PausedError as error:
        _fail(f"{error} It was: {called()}", AGAIN)
    except OSError as error:
        if error.errno in REFUSED and error.filename is not None:
            _fail(f"{error.filename}: {error.strerror}. Name another path, or see to this one.", 2)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = f" for {error.filename}" if error.filename else ""
        _fail(
            f"No space is left on the disk{where} ({error.strerror}). What is recorded is whole; "
            f"free some space, and the same command goes on with what is missing: {called()}",
            AGAIN,
        )
    except SystemExit as ended:  # typer makes one of Ctrl-C, without a word
        if ended.__context__ and isinstance(ended.__context__.__cause__, KeyboardInterrupt):
            print("Interrupted.", file=sys.stderr)
        raise


def _no_empty_argument(words: list[str]) -> None:
    """Raise `UserError` on an empty argument: a shell's variable that is not set, most often.

    It would be taken for an option that was left out, or, as a path, for the current folder.
    """
    for before, word in zip(["", *words], words, strict=False):
        if word == "" or re.fullmatch(r"--[\w-]+=", word):
            where = word.removesuffix("=") or before
            raise UserError(
                f"An argument is empty{f', after {where}' if where else ''}. Give it a value, or "
                "leave the option out; a variable of the shell may not be set."
            )


def _fail(why: str, code: int) -> NoReturn:
    Console(stderr=True).print(f"error: {why}", style="red", **PLAIN)
    sys.exit(code)


def called() -> str:
    """Return the command that this process was started by, to be typed again; without passwords."""
    return shlex.join(["python", *map(masked, sys.argv)])


def masked(text: str) -> str:
    """Return a command or a sentence without the passwords of the URLs in it."""
    text = re.sub(r"(://[^\s/:@]*:)\S*@", r"\1***@", text)
    return re.sub(r"([?&]\w*password=)[^\s&'\"]*", r"\1***", text)


def run_page(main: Callable[..., None]) -> None:
    """Run an experiment page's one function as a command line."""
    app = typer.Typer(add_completion=False)
    app.command()(main)
    run_app(app)


class Bar:
    """A progress bar that is called with (done, total)."""

    def __init__(self, bar: Progress, title: str) -> None:
        self.bar, self.line = bar, bar.add_task(title, total=None)

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.update(self.line, completed=done, total=total)

    def named(self, name: str) -> Bar:
        """Begin again under another name, and return itself."""
        self.bar.update(self.line, description=name, completed=0, total=None)
        return self


@contextmanager
def progress(title: str) -> Iterator[Bar]:
    """Show a bar while the block runs; nothing where there is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield Bar(bar, title)
