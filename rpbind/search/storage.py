"""Optuna's storage of a study: a database, or a journal file, and the Optuna study in it."""

from __future__ import annotations

import json
import os
import re
import uuid
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from rpbind.files.atomic import read
from rpbind.ledger import write_atomic
from rpbind.ledger.trials import OBJECTIVES
from rpbind.search.config import SearchConfig
from rpbind.search.database import open_database
from rpbind.search.sampling import make_pruner
from rpbind.search.search import Search
from rpbind.verbosity import tell

JOURNAL = "optuna.journal"
"""Optuna's storage file in the study's folder, without `--storage`."""

FOLDER_ID = "optuna.name"
"""File that holds the folder's id in a shared database."""


def quiet() -> None:
    """Silence Optuna's messages below warnings; our own progress display shows trials."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_storage(url: str | None, folder: Path) -> BaseStorage:
    """Open Optuna's storage: a database, or the journal file in the study's folder.

    An incomplete last line of the journal, left by a killed process, is removed. An unreadable
    journal is renamed; `restart.reconcile` fills a new one from the ledger.

    Parameters
    ----------
    url
        URL of a database; None is the journal.
    folder
        The study's folder.

    Returns
    -------
    The storage.

    Raises
    ------
    UserError
        If the database cannot be opened.
    """
    if url is not None:
        return open_database(url)
    file = folder / JOURNAL
    if file.exists():
        _remove_incomplete_line(file)
    try:
        return JournalStorage(WholeLines(str(file)))
    except (ValueError, KeyError, TypeError, AssertionError):
        file.replace(aside := file.with_name(f"{JOURNAL}.unreadable"))
        tell(
            f"{file} cannot be read. It is kept as {aside.name}, and a new one is made from the "
            "ledger."
        )
        return JournalStorage(WholeLines(str(file)))


def _remove_incomplete_line(journal: Path) -> None:
    lines = whole = journal.read_bytes().splitlines(keepends=True)
    while whole and not _is_entry(whole[-1]):
        whole = whole[:-1]
    if len(whole) < len(lines):
        write_atomic(journal, b"".join(whole))


def _is_entry(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


class WholeLines(JournalFileBackend):
    """A journal that removes a half-written line after a full disk, else the next would join it."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write all of these entries or none."""
        before = Path(self._file_path).stat().st_size
        try:
            super().append_logs(logs)
        except OSError:
            os.truncate(self._file_path, before)
            raise


def open_study(
    storage: BaseStorage, search: Search, config: SearchConfig, folder: Path
) -> optuna.Study:
    """Open the Optuna study of a search, or create it.

    In a shared database its name begins with the folder's name and id. So another folder of the
    same name has another Optuna study, and so has a folder that was removed and made again.

    Parameters
    ----------
    storage
        Optuna's storage.
    search
        The search.
    config
        Its objectives and scheduler.
    folder
        Folder of our study.

    Returns
    -------
    The Optuna study.
    """
    alone = isinstance(storage, JournalStorage)
    return optuna.create_study(
        storage=storage,
        study_name=search.name if alone else f"{folder.name}.{_folder_id(folder)}.{search.name}",
        directions=[
            "maximize" if OBJECTIVES[name].mode == "max" else "minimize"
            for name in config.objectives
        ],
        pruner=make_pruner(config.scheduler, search.base.train.epochs),
        load_if_exists=True,
    )


def _folder_id(folder: Path) -> str:
    """Return the folder's random id (8 hexadecimal digits), drawn at the first call."""
    file = folder / FOLDER_ID
    if not file.exists() or not re.fullmatch(rb"[0-9a-f]{8}", read(file)):
        write_atomic(file, uuid.uuid4().hex[:8].encode())
    return file.read_text()
