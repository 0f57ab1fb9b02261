"""Start marks: files that say which process trains a run and how far it is.

A mark is a text file beside the run's other files. The process that trains the run locks it until
the run ends. A mark without a lock, whose run has no row in the ledger, is that of a lost run.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder, read, sync
from rpbind.files.locks import is_locked, locked
from rpbind.ledger.records import Row, RunStart
from rpbind.mistakes import mistakes

SUFFIX = ".begun"
_EPOCH = re.compile(r'\{"epoch": (\d{1,9})\}')


@dataclass(frozen=True)
class Mark:
    """The content of a mark, and whether its process is alive.

    Parameters
    ----------
    file
        The mark's file.
    start
        The run, and the process that trains it.
    epoch
        The last epoch that ended; 0 before the first one has.
    alive
        Whether the process still holds its lock.
    """

    file: Path
    start: RunStart
    epoch: int
    alive: bool

    def with_alive(self, alive: bool) -> Mark:
        """Return the same mark with another `alive`.

        Parameters
        ----------
        alive
            Whether the process is alive.

        Returns
        -------
        Mark
            A copy.
        """
        return replace(self, alive=alive)

    def lost_row(self) -> Row:
        """Return the row that records this run as lost.

        Returns
        -------
        Row
            In state "lost"; its error names the process and the last epoch.
        """
        return Row(
            **self.start.model_dump(exclude={"host", "pid", "job", "began"}),
            state="lost",
            error=f"begun at {self.start.began} by process {self.start.pid} of {self.start.host}, "
            f"which died after epoch {self.epoch}",
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def start_here(**run: Any) -> RunStart:
    """Return the record of a run that this process starts now.

    Parameters
    ----------
    **run
        The fields that identify the run: `arm`, `seed`, `stage`, `attempt`, `recipe`, `recipe_id`.

    Returns
    -------
    RunStart
        With this machine, process, Ray job and time.
    """
    return RunStart(
        **run,
        host=socket.gethostname(),
        pid=os.getpid(),
        job=os.environ.get("RAY_JOB_ID", ""),
        began=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@contextmanager
def marked(folder: Path, start: RunStart) -> Iterator[Callable[[int], None]]:
    """Keep a locked mark of a run while the block runs.

    The mark is removed at the end of the block. If the block raises, the mark stays, so that the
    run is recorded as lost.

    Parameters
    ----------
    folder
        The study's `runs/`; it is created if necessary.
    start
        The run, and the process that trains it.

    Yields
    ------
    Callable[[int], None]
        Writes the number of an epoch that has ended into the mark.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{start.run}.{start.attempt}{SUFFIX}"
    with path.open("a") as file, locked(file, wait=True):
        _write_line(file, start.model_dump_json())
        os.fsync(file.fileno())
        sync(folder)
        yield lambda epoch: _write_line(file, json.dumps({"epoch": epoch}))
        path.unlink()


def was_started(folder: Path, run: str, attempt: int) -> bool:
    """Whether an attempt of a run has a mark: it was started, and did not end normally.

    Parameters
    ----------
    folder
        The study's `runs/`.
    run
        The run's name.
    attempt
        Its number, from 0.

    Returns
    -------
    bool
        True also for a run that is being trained now.
    """
    return (folder / f"{run}.{attempt}{SUFFIX}").exists()


def read_marks(folder: Path) -> list[Mark]:
    """Return the marks of a folder in a stable order; those without a complete line are skipped.

    Raises `UserError` for a file that is not a mark.
    """
    marks = (read_mark(file) for file in list_folder(folder, f"*{SUFFIX}"))
    return [mark for mark in marks if mark is not None]


def _write_line(file: IO[str], line: str) -> None:
    file.write(line + "\n")
    file.flush()


def read_mark(file: Path) -> Mark | None:
    """Return a mark, or None if the file is gone or its first line is not complete yet."""
    alive = is_locked(file)
    try:
        lines = read(file).decode(errors="write_atomic").split("\n")[:-1]
    except FileNotFoundError:
        return None
    if not lines:
        return None
    starts = [line for line in lines if not _EPOCH.fullmatch(line)]
    epochs = [int(found[1]) for line in lines if (found := _EPOCH.fullmatch(line))]
    try:
        start = RunStart.model_validate_json(starts[-1] if starts else "")
    except ValidationError as error:
        raise _damaged(file, mistakes(error)) from None
    if file.name != f"{start.run}.{start.attempt}{SUFFIX}":
        raise _damaged(file, f"it belongs to {start.run}, attempt {start.attempt}")
    return Mark(file, start, max(epochs, default=0), alive)


def _damaged(file: Path, why: str) -> UserError:
    return UserError(
        f"{file} is not a valid start mark of a run ({why}). Run the command that made the study "
        "again: it renames the file and trains the run again."
    )
