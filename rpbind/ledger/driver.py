"""The lock of a study's driver: at most one process runs a study.

The file `driver` says which process that is. The process holds a lock on it while it runs.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from rpbind.errors import UserError, is_full_disk
from rpbind.files.locks import is_locked, locked
from rpbind.ledger.plans import PLAN

NAME = "driver"


@contextmanager
def hold(study: Path, command: str) -> Iterator[None]:
    """Hold a study's lock for the block; see `Ledger.drive`."""
    created = [each for each in (study, *study.parents) if not each.exists()]
    try:
        study.mkdir(parents=True, exist_ok=True)
        (study / NAME).touch()
    except OSError as error:
        if is_full_disk(error):
            raise
        raise UserError(
            f"The study's folder {study} cannot be created or written: {error.strerror}. "
            "Name another folder with --reports."
        ) from None
    with (study / NAME).open("a+") as file, locked(file, wait=False) as mine:
        if not (mine and _has_name(file, study / NAME)):
            raise in_use(study)
        file.truncate(0)
        driver = {"host": socket.gethostname(), "pid": os.getpid(), "command": command}
        file.write(json.dumps(driver | {"since": datetime.now(UTC).isoformat()}) + "\n")
        file.flush()
        try:
            yield
        finally:
            if not (study / PLAN).exists():
                _remove_created(study, created)


def is_held(study: Path) -> bool:
    """Whether a process holds the study's lock now."""
    return is_locked(study / NAME)


def in_use(study: Path) -> UserError:
    """Return the error that another process runs the study."""
    return UserError(
        f"{study} is being run by another process: {driver_text(study)}. Wait until it has ended, "
        "or end it; then the same command trains the missing runs."
    )


def why_no_plan(study: Path) -> str:
    """Say why a folder has no plan."""
    if is_held(study):
        return f"it is being started by {driver_text(study)}."
    if (study / NAME).exists():
        return f"the command that started it ended before the first run: {driver_text(study)}."
    return f"there is no {PLAN} in it."


def driver_text(study: Path) -> str:
    """Say which process runs the study, or ran it last."""
    try:
        driver = json.loads((study / NAME).read_text())
        who = f"process {driver['pid']} of {driver['host']} since {driver['since']}"
        return f"{who} ({driver['command']})"
    except (ValueError, KeyError, TypeError, OSError):
        return "a process that has not written its name yet"


def _remove_created(study: Path, folders: Sequence[Path]) -> None:
    """Remove the folders of a command that ended before its study began."""
    (study / NAME).unlink(missing_ok=True)
    with suppress(OSError):  # a folder that is not empty stays
        for folder in folders:
            folder.rmdir()


def _has_name(file: IO[str], name: Path) -> bool:
    """Whether an open file still has its name; another process may have deleted it."""
    return name.exists() and os.path.samestat(os.fstat(file.fileno()), name.stat())
