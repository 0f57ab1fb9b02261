"""Files that are whole or not there, and a lock that dies with its process."""

from __future__ import annotations

import fcntl
import fnmatch
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rpbind.errors import UserError

_DRAFT = re.compile(r"\.(.+\.)?[0-9a-f]{32}")


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary name beside it, synced, then renamed."""
    draft = _draft(path)
    try:
        with errors_name(path, draft):
            _write(draft, lambda file: file.write(content))
            draft.replace(path)
            sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def errors_name(path: Path, draft: Path) -> Iterator[None]:
    """Let the system's error about a temporary name speak of the name that the user knows."""
    try:
        yield
    except OSError as error:
        if error.errno and (error.filename is None or draft.name in str(error.filename)):
            error.filename = str(path)
        raise


def write_new(path: Path, write: Callable[[IO[bytes]], object]) -> bool:
    """Write a file that must be new, whole or not at all; False where its name is taken."""
    draft = _draft(path)
    try:
        with errors_name(path, draft):
            _write(draft, write)
            os.link(draft, path)
            sync(path.parent)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def read(path: Path) -> bytes:
    """Return a file's content; `UserError` where it is there and cannot be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror}. See to its permissions, or put the file "
            "back from a copy."
        ) from None


def list_folder(folder: Path, pattern: str) -> list[Path]:
    """Return what is in a folder by a pattern, in order; nothing where there is no folder.

    Raises `UserError` where the folder cannot be read: it must not pass for an empty one.
    """
    try:
        names = [file.name for file in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be read: {error.strerror}. See to its permissions, or put "
            "it back from a copy."
        ) from None
    return [folder / name for name in sorted(fnmatch.filter(names, pattern))]


def sync(folder: Path) -> None:
    """Make the names in a folder durable: a file's own sync does not cover its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def leftover_drafts(folder: Path) -> list[Path]:
    """Return the temporary files that dead processes have left in a folder."""
    return [file for file in list_folder(folder, ".*") if _DRAFT.fullmatch(file.name)]


@contextmanager
def locked(file: IO[str], *, wait: bool) -> Iterator[bool]:
    """Hold the only lock on an open file; False where another process holds it and `wait` does not.

    It is the kernel that holds it (flock), so that it is gone with its process, however that dies.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold the lock on a file; where another process holds it, say so and wait for that one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        with locked(file, wait=False) as free:
            if free:
                yield
                return
        print(f"another process is making {what}: waiting for it", file=sys.stderr)
        with locked(file, wait=True):
            yield


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock on a file."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False


def _draft(path: Path) -> Path:
    return path.with_name(f".{stem(path)}.{uuid.uuid4().hex}")


def stem(path: Path) -> str:
    """Return the beginning of a name, short enough for a temporary name that is made of it."""
    return path.name[:50]


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
