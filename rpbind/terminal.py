"""Terminal output of all commands: progress bars, and errors in one paragraph."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rpbind import verbosity
from rpbind.arguments import check_arguments
from rpbind.conventions import follow_conventions
from rpbind.errors import PausedError, UserError, is_full_disk, reason
from rpbind.exits import EXIT_AGAIN as EXIT_AGAIN
from rpbind.exits import IMPOSSIBLE
from rpbind.live import LiveProgress, is_live, is_notebook
from rpbind.settings import command_of
from rpbind.verbosity import PLAIN as PLAIN
from rpbind.verbosity import masked as masked
from rpbind.verbosity import notices

REPORT_PREFIX = "report: "
"""Start of the line that names a written report; `rpbind job fetch` looks for it."""

PATH_ERRORS = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EIO,
)
"""Error numbers of the system for a path, given by the user, that cannot be read or written."""


def run_app(app: typer.Typer) -> None:
    """Run a command line, and show errors of the user or the system as one paragraph.

    A user's mistake, or a path that cannot be read or written, ends with exit code 2. A full disk
    or a lost database ends with exit code 75: the records are intact, and the same command
    continues. Ctrl-C ends with one line and exit code 130. Any other error is a traceback.

    Parameters
    ----------
    app
        The command line; its arguments are those of this process.
    """
    verbosity.reset()
    _open_closed_streams()
    try:
        command = command_of(app)
        check_arguments(command, sys.argv[1:])
        _flushed(command)
    except UserError as error:
        _refuse(str(error))
    except PausedError as error:
        _fail(f"{error} The command was: {typed_command()}", EXIT_AGAIN)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in PATH_ERRORS and error.filename is not None:
            _fail(
                f"{error.filename}: {error.strerror}. Correct this path or give another one.",
                IMPOSSIBLE,
            )
        if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop from "):
            _fail(
                f"{error}. Correct this path or give another one.", IMPOSSIBLE
            )  # from Path.resolve
        if not is_full_disk(error):
            raise
        file = getattr(error, "filename", None)
        _fail(
            f"No space is left on the disk{f' for {file}' if file else ''} "
            f"({reason(error)}). The records are intact. Free some space and run the same "
            f"command again; it continues with what is missing: {typed_command()}",
            EXIT_AGAIN,
        )
    except SystemExit as ended:  # typer turns Ctrl-C into a silent exit
        if ended.__context__ and isinstance(ended.__context__.__cause__, KeyboardInterrupt):
            print("Interrupted.", file=sys.stderr)
        raise


def _open_closed_streams() -> None:
    """Send output to nowhere if the shell has closed it (`rpbind ... >&-`)."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process


def _flushed(command: Callable[[], None]) -> None:
    """Run a command line, and flush its output while we can still report an error."""
    try:
        command()
    finally:
        try:
            sys.stdout.flush()
        except OSError as error:
            # without this the interpreter flushes again at exit and prints an error of its own
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):  # the reader (such as `head`) is gone
                sys.exit(1)
            raise


def _refuse(why: str) -> NoReturn:
    _fail(why, IMPOSSIBLE)


def _fail(why: str, code: int) -> NoReturn:
    Console(stderr=True).print(f"error: {why}", style="red", **PLAIN)
    sys.exit(code)


def typed_command() -> str:
    """Return the command that started this process, so that the user can run it again.

    Returns
    -------
    str
        The command, quoted for a shell, with the passwords in it masked and without --notify, which
        is nobody else's and often a secret; "" in a notebook or
        another Python session, which no command repeats.
    """
    program, *given = sys.argv
    if program in ("", "-c") or Path(program).name == "ipykernel_launcher.py":
        return ""
    start = ["rpbind"] if Path(program).name == "rpbind" else ["python", program]
    if "--notify" in given:
        place = given.index("--notify")
        given = given[:place] + given[place + 2 :]
    words = [word for word in given if not word.startswith("--notify=")]
    return shlex.join([*start, *map(masked, words)])


def run_experiment(main: Callable[..., None]) -> None:
    """Run an experiment's main function as a command line.

    Parameters
    ----------
    main
        The function; its parameters become options.
    """
    app = typer.Typer(add_completion=False)
    app.command()(main)
    run_app(follow_conventions(app))


class Bar:
    """A progress bar that is called with (done, total)."""

    def __init__(self, bar: Progress, title: str) -> None:
        self.bar, self.line = bar, bar.add_task(title, total=None)

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.update(self.line, completed=done, total=total)

    def restart(self, name: str) -> Bar:
        """Start again at 0 with another title, and return the bar itself."""
        self.bar.update(self.line, description=name, completed=0, total=None)
        return self


@contextmanager
def progress(title: str) -> Iterator[Bar]:
    """Show a progress bar while the block runs, in a terminal or a notebook; else one plain line.

    Parameters
    ----------
    title
        The text beside the bar.

    Returns
    -------
    Iterator of Bar
        A context manager for the bar; call the bar with (done, total).
    """
    console = notices()
    if not is_live(console):
        console.print(title, **PLAIN)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with LiveProgress(*columns, console=console) as bar:
        yield Bar(bar, title)


@contextmanager
def phase(title: str) -> Iterator[None]:
    """Show a title with a spinner while the block runs; one plain line outside of a terminal.

    Parameters
    ----------
    title
        What the process is doing.

    Returns
    -------
    Iterator
        A context manager.
    """
    console = notices()
    plain = is_notebook() or not is_live(console)
    if plain:
        console.print(title, **PLAIN)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with LiveProgress(*columns, console=console, transient=True, silent=plain) as bar:
        bar.add_task(title, total=None)
        yield


@contextmanager
def loading(library: str) -> Iterator[None]:
    """Show that a library is loaded while the block imports it: torch takes seconds.

    Parameters
    ----------
    library
        The name of the library, as it is imported.

    Returns
    -------
    Iterator
        A context manager; it shows nothing if the library is there already.
    """
    with nullcontext() if library in sys.modules else phase(f"loading {library}"):
        yield
