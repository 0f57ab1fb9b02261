"""File locks that end with their process."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def locked(file: IO[str], *, wait: bool) -> Iterator[bool]:
    """Hold an exclusive lock on an open file while the block runs.

    The kernel keeps the lock (flock) and releases it when the process ends, for whatever reason.

    Parameters
    ----------
    file
        The open file.
    wait
        Wait if another process holds the lock.

    Yields
    ------
    bool
        Whether the lock is held; False only if `wait` is False and another process holds it.
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
    """Hold the lock on a file while the block runs; wait if another process holds it, and say so.

    Parameters
    ----------
    path
        The lock file; it is made if it does not exist.
    what
        What the lock holder makes, for the message while waiting.

    Yields
    ------
    None
        The lock is held.
    """
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
    """Whether a process holds the lock on a file.

    Parameters
    ----------
    path
        The lock file.

    Returns
    -------
    bool
        False also if the file does not exist.
    """
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False
