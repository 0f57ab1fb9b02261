"""Makes a folder whole or not at all, even if the process is stopped."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from rpbind.errors import UserError, check_not_url
from rpbind.files.atomic import errors_name, stem
from rpbind.files.locks import is_locked, locked
from rpbind.files.places import check_creatable, check_writable
from rpbind.files.spill import spilling_to

LOCK = ".lock"
"""Name of the lock file in a draft folder; the process that writes the draft holds its lock."""


def check_new(out: Path) -> None:
    """Check that a new folder can be made.

    Parameters
    ----------
    out
        The folder.

    Raises
    ------
    UserError
        If `out` exists, is a URL, lies in a dataset, or its place cannot be written to.
    """
    check_not_url("--out", out)
    check_creatable(out)
    if (out.absolute().parent / "manifest.json").exists():
        raise UserError(f"{out.parent} is a dataset; name a folder outside it.")
    if os.path.lexists(out):
        raise UserError(
            f"{out} exists already and is never overwritten. Name another folder, or delete this "
            "one first."
        )


@contextmanager
def draft_folder(out: Path) -> Iterator[Path]:
    """Make a hidden draft folder beside `out`, and rename it to `out` when the block ends.

    If the block fails, the draft is removed; SIGTERM and SIGHUP raise `SystemExit` in the block.
    A draft that SIGKILL leaves is removed by the next process that makes `out`.

    Parameters
    ----------
    out
        The folder to make; its parents are made too.

    Yields
    ------
    Path
        The draft folder.

    Raises
    ------
    UserError
        If another process has made `out` meanwhile.
    """
    with _locked_draft(out) as draft:
        yield draft
        try:
            draft.rename(out)
        except OSError:
            if out.is_dir():
                raise UserError(
                    f"{out} exists already: another process made it meanwhile. It is never "
                    "overwritten; use it, or name another folder."
                ) from None
            raise
        (out / LOCK).unlink()


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Open a hidden folder beside `out` for what does not fit into memory (`rpbind.files.spill`).

    It is removed when the block ends, or by the next process that makes `out`, like a draft.

    Parameters
    ----------
    out
        The folder that will be made.

    Yields
    ------
    Path
        The folder.
    """
    check_new(out)
    with _locked_draft(out) as folder, spilling_to(folder):
        yield folder


@contextmanager
def _locked_draft(out: Path) -> Iterator[Path]:
    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    draft = out.with_name(f".{stem(out)}.{uuid.uuid4().hex}")
    # _sweep() ignores this name; it is renamed once we hold the lock
    nascent = draft.with_name(f"{draft.name}.new")
    with _ended_by_exit(), errors_name(out, draft):
        try:
            nascent.mkdir()
            with (nascent / LOCK).open("w") as file, locked(file, wait=True):
                nascent.rename(draft)
                yield draft
        finally:
            for left in (nascent, draft):
                shutil.rmtree(left, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Remove the drafts of `out` whose processes have ended."""
    name = re.compile(rf"\.{re.escape(stem(out))}\.[0-9a-f]{{32}}")
    for draft in out.parent.iterdir():
        with suppress(PermissionError):  # another user's draft
            if name.fullmatch(draft.name) and draft.is_dir() and not is_locked(draft / LOCK):
                shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _ended_by_exit() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into `SystemExit`, so that `finally` blocks run."""
    main = threading.current_thread() is threading.main_thread()  # others cannot set handlers
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if main and signal.getsignal(number) is signal.SIG_DFL  # nohup ignores SIGHUP
    ]

    def leave(number: int, _: object) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)  # a second signal must not interrupt the clean-up
        raise SystemExit(128 + number)

    for number in numbers:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def explain_denied_write(root: Path, what: str, command: str) -> Iterator[None]:
    """Turn a denied write into a `UserError` that names the command to run with permission.

    The folder is checked before the block, which may take long.

    Parameters
    ----------
    root
        The dataset's folder.
    what
        What is written, for the message.
    command
        The command that writes it.

    Yields
    ------
    None
        The folder can be written to.

    Raises
    ------
    UserError
        If the user may not write to `root`, or it is read-only.
    """
    try:
        check_writable(root)
        yield
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise UserError(
            f"{what} is not in {root} yet, and you may not write there ({error.strerror}). "
            f"Ask somebody who may to run once: {command}. After that it is only read."
        ) from None
