"""A folder that is made whole or not at all, whatever stops the process that makes it."""

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
from rpbind.files.atomic import errors_name, is_locked, locked, stem
from rpbind.files.places import check_creatable, check_writable

LOCK = ".lock"
"""A file in a draft that its process holds the lock on."""


def check_new(out: Path) -> None:
    """Raise `UserError` where no folder `out` can be made; one that is there is not overwritten."""
    check_not_url("--out", out)
    check_creatable(out)
    if (out.absolute().parent / "manifest.json").exists():
        raise UserError(f"{out.parent} is a dataset; name a folder in another place.")
    if os.path.lexists(out):
        raise UserError(
            f"{out} exists already, and is never overwritten. Name another folder, or delete that "
            "one first."
        )


@contextmanager
def draft_folder(out: Path) -> Iterator[Path]:
    """Give a hidden folder beside `out` that gets its name at the end, or is removed.

    It is removed after SIGTERM and SIGHUP too, which end the process by `SystemExit`. What a
    SIGKILL leaves is removed by the next process that makes `out`.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    draft = out.with_name(f".{stem(out)}.{uuid.uuid4().hex}")
    nascent = draft.with_name(f"{draft.name}.new")  # no name that is swept, till it is locked
    with _ended_by_exit(), errors_name(out, draft):
        try:
            nascent.mkdir()
            with (nascent / LOCK).open("w") as file, locked(file, wait=True):
                nascent.rename(draft)
                yield draft
                try:
                    draft.rename(out)
                except OSError:
                    if out.is_dir():
                        raise UserError(
                            f"{out} exists already: another process has made it meanwhile. It is "
                            "never overwritten; look at it, or name another folder."
                        ) from None
                    raise
                (out / LOCK).unlink()
        finally:
            for left in (nascent, draft):
                shutil.rmtree(left, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Remove the drafts of `out` that no living process holds."""
    name = re.compile(rf"\.{re.escape(stem(out))}\.[0-9a-f]{{32}}")
    for draft in out.parent.iterdir():
        with suppress(PermissionError):  # somebody else's
            if name.fullmatch(draft.name) and draft.is_dir() and not is_locked(draft / LOCK):
                shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _ended_by_exit() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the process, where they would end it on the spot."""
    main = threading.current_thread() is threading.main_thread()  # no other may set handlers
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if main and signal.getsignal(number) is signal.SIG_DFL  # nohup ignores SIGHUP
    ]

    def leave(number: int, _: object) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)  # a second one must not cut the cleaning short
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
    """Turn a write into dataset `root` that is not allowed into a `UserError`: who can, and how.

    That nothing can be written there is found before the block, which may take long.
    """
    try:
        check_writable(root)
        yield
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise UserError(
            f"{what} is not in {root} yet, and you may not write there ({error.strerror}). "
            f"Somebody who may makes it once: {command}. From then on it is only read."
        ) from None
