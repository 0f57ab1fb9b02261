"""How every command speaks to a terminal: progress bars, tables, and errors in one paragraph."""

from __future__ import annotations

import errno
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from rpbind.arguments import check_arguments
from rpbind.errors import PausedError, UserError, is_full_disk, reason

PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
"""How `Console.print` shows a text as it is."""

FOLDED, WIDE = 16, 10_000
"""Letters of a name that stand in one line of a table at least, and more than any terminal has."""

REPORT_PREFIX = "report: "
"""How the line begins that names a written report; `rpbind job fetch` looks for it."""


EXIT_AGAIN = 75
"""Exit code (EX_TEMPFAIL): what is recorded is whole, and the same command goes on."""

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
"""What the system says of a path that a user has named and that is not to be read or written."""


def run_app(app: typer.Typer) -> None:
    """Run a command line; a user's mistake ends in one paragraph and exit code 2.

    So do a path that cannot be read or written, and, with exit code 75, a full disk or a lost
    database: nothing is half written, and the same command goes on. Ctrl-C ends in a line and
    exit code 130.
    """
    try:
        check_arguments(app, sys.argv[1:])
        _flushed(app)
    except UserError as error:
        _fail(str(error), 2)
    except PausedError as error:
        _fail(f"{error} It was: {typed_command()}", EXIT_AGAIN)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in PATH_ERRORS and error.filename is not None:
            _fail(f"{error.filename}: {error.strerror}. Name another path, or see to this one.", 2)
        if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop from "):
            _fail(f"{error}. Name another path, or see to this one.", 2)  # of Path.resolve
        if not is_full_disk(error):
            raise
        file = getattr(error, "filename", None)
        _fail(
            f"No space is left on the disk{f' for {file}' if file else ''} "
            f"({reason(error)}). What is recorded is whole. Free some space and run the same "
            f"command again; it goes on with what is missing: {typed_command()}",
            EXIT_AGAIN,
        )
    except SystemExit as ended:  # typer makes one of Ctrl-C, without a word
        if ended.__context__ and isinstance(ended.__context__.__cause__, KeyboardInterrupt):
            print("Interrupted.", file=sys.stderr)
        raise


def _flushed(app: typer.Typer) -> None:
    """Run a command line, and write what it has printed while an error can still be told."""
    try:
        app()
    finally:
        try:
            sys.stdout.flush()
        except OSError as error:
            # else the interpreter tries again as it ends, and fails in its own words
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):  # whoever read it has seen enough
                sys.exit(1)
            raise


def _fail(why: str, code: int) -> NoReturn:
    Console(stderr=True).print(f"error: {why}", style="red", **PLAIN)
    sys.exit(code)


def typed_command() -> str:
    """Return the command that this process was started by, to be typed again; without passwords."""
    program, *words = sys.argv
    start = ["rpbind"] if Path(program).name == "rpbind" else ["python", program]
    return shlex.join([*start, *map(masked, words)])


def masked(text: str) -> str:
    """Return a command or a sentence without the passwords of the URLs in it."""
    text = re.sub(r"(://[^\s/:@]*:)\S*@", r"\1***@", text)
    return re.sub(r"([?&]\w*password=)[^\s&'\"]*", r"\1***", text)


def run_experiment(main: Callable[..., None]) -> None:
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

    def restart(self, name: str) -> Bar:
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


@contextmanager
def phase(title: str) -> Iterator[None]:
    """Show what the process is busy with while the block runs; a plain line without a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(title, **PLAIN)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        bar.add_task(title, total=None)
        yield


class Grid(Table):
    """A table that cuts nothing: what is left-aligned folds, and where no table fits, it is a list.

    Two names that differ in their last letters still differ at 60 columns.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Be rendered as wide as there is room, or as a list of each row's cells."""
        for column in self.columns:
            column.width, column.overflow = None, "fold"
        most = [_longest(console, column.cells, column.header) for column in self.columns]
        least = [_narrowest(console, column) for column in self.columns]
        whole = Measurement.get(console, options.update(max_width=WIDE), self).maximum
        spare = options.max_width - (whole - sum(most)) - sum(least)
        if spare < 0:
            yield self._as_list()
            return
        for column, width, wanted in zip(self.columns, least, most, strict=True):
            more = min(spare, wanted - width)
            column.width, spare = width + more, spare - more
        yield from super().__rich_console__(console, options)

    def _as_list(self) -> Group:
        lines: list[RenderableType] = [self.title] if self.title else []
        for first, *others in zip(*(column.cells for column in self.columns), strict=True):
            lines.append(first)
            for column, cell in zip(self.columns[1:], others, strict=True):
                lines.append(Text.assemble("  ", str(column.header), ": ", as_text(cell)))
        return Group(*lines, *([self.caption] if self.caption else []))


def as_text(cell: RenderableType) -> Text:
    """Return a cell of a table, which is a text or a string without markup."""
    return cell if isinstance(cell, Text) else Text(str(cell))


def _longest(console: Console, cells: Iterable[RenderableType], *more: RenderableType) -> int:
    return max(console.measure(as_text(cell)).maximum for cell in (*cells, *more))


def _narrowest(console: Console, column: Column) -> int:
    """The width at which a column is still to be read: of its header's words, and of its cells.

    Numbers stand in one line; names may fold.
    """
    header = console.measure(as_text(column.header)).minimum
    if column.justify == "right" or column.no_wrap:
        return max(header, _longest(console, column.cells, ""))
    words = [console.measure(as_text(cell)).minimum for cell in column.cells]
    return max(header, min(max(words, default=0), FOLDED))
