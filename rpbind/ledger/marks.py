"""Begin marks: who makes a run, and how far it is, so that "running" is told from "lost".

A mark is a file of lines beside the run's other files. Its process holds a lock on it for as long
as it makes the run; a mark that nobody holds, of a run that no row tells of, is a lost run.
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

from rpbind.errors import UserError, mistakes
from rpbind.files.atomic import is_locked, list_folder, locked, read, sync
from rpbind.ledger.records import Begun, Row

SUFFIX = ".begun"
_EPOCH = re.compile(r'\{"epoch": (\d{1,9})\}')


@dataclass(frozen=True)
class Mark:
    """A begun run as its file tells it: the last epoch that ended, and whether it is being made."""

    file: Path
    begun: Begun
    epoch: int
    alive: bool

    def seen(self, alive: bool) -> Mark:
        """Return the mark with what is known of its process."""
        return replace(self, alive=alive)

    def lost(self) -> Row:
        """Return the row of a run that will not end."""
        return Row(
            **self.begun.model_dump(exclude={"host", "pid", "job", "began"}),
            state="lost",
            error=f"begun at {self.begun.began} by process {self.begun.pid} of {self.begun.host}, "
            f"which died after epoch {self.epoch}",
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def whoever(**run: Any) -> Begun:
    """Return the mark's content for a run that this process begins."""
    return Begun(
        **run,
        host=socket.gethostname(),
        pid=os.getpid(),
        job=os.environ.get("RAY_JOB_ID", ""),
        began=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@contextmanager
def begun(folder: Path, begun: Begun) -> Iterator[Callable[[int], None]]:
    """Mark a run as under way while the block runs; call what it gives with every ended epoch.

    The mark stays where the block ends by an exception, such as the one that stops the run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{begun.run}.{begun.attempt}{SUFFIX}"
    with path.open("a") as file, locked(file, wait=True):
        _say(file, begun.model_dump_json())
        os.fsync(file.fileno())
        sync(folder)
        yield lambda epoch: _say(file, json.dumps({"epoch": epoch}))
        path.unlink()


def was_begun(folder: Path, run: str, attempt: int) -> bool:
    """Whether an attempt of a run that has not ended had begun."""
    return (folder / f"{run}.{attempt}{SUFFIX}").exists()


def read_marks(folder: Path) -> list[Mark]:
    """Return the marks of a folder in a stable order; one without a whole line is passed over.

    Raises `UserError` where a mark is not one of ours.
    """
    marks = (read_mark(file) for file in list_folder(folder, f"*{SUFFIX}"))
    return [mark for mark in marks if mark is not None]


def _say(file: IO[str], line: str) -> None:
    file.write(line + "\n")
    file.flush()


def read_mark(file: Path) -> Mark | None:
    """Return a mark; None where it is gone, or its first line is not whole yet."""
    alive = is_locked(file)
    try:
        lines = read(file).decode(errors="replace").split("\n")[:-1]
    except FileNotFoundError:
        return None
    if not lines:
        return None
    begins = [line for line in lines if not _EPOCH.fullmatch(line)]
    epochs = [int(found[1]) for line in lines if (found := _EPOCH.fullmatch(line))]
    try:
        begun = Begun.model_validate_json(begins[-1] if begins else "")
    except ValidationError as error:
        raise _damaged(file, mistakes(error)) from None
    if file.name != f"{begun.run}.{begun.attempt}{SUFFIX}":
        raise _damaged(file, f"it is of {begun.run}, attempt {begun.attempt}")
    return Mark(file, begun, max(epochs, default=0), alive)


def _damaged(file: Path, why: str) -> UserError:
    return UserError(
        f"{file} is no mark of a run that was begun ({why}). The command that made the study sets "
        "it aside, and makes the run again."
    )
