"""Repair what killed processes leave behind, so that each finished run is recorded exactly once.

Only the process that runs the study may do this.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder, read, remove_drafts
from rpbind.files.locks import is_locked
from rpbind.ledger.ledger import Ledger
from rpbind.ledger.marks import SUFFIX, read_mark
from rpbind.ledger.plans import PLAN, recipe_id
from rpbind.ledger.records import CUT_OFF, Row
from rpbind.ledger.row_files import read_row_file

PATIENCE = 60.0
"""Seconds that we wait for the workers of a dead driver to end; those of Ray take up to 12."""


def repair_study(ledger: Ledger) -> list[str]:
    """Repair a study's folder after a crash.

    Results of finished runs that have no row are recorded. Runs that were started and will not end
    are recorded as lost. Damaged files are renamed, and half-written ones deleted.

    Parameters
    ----------
    ledger
        Of the study that this process runs.

    Returns
    -------
    list[str]
        One sentence for each repair.

    Raises
    ------
    UserError
        If a process of an earlier driver still trains a run after `PATIENCE` seconds.
    """
    _wait_for_workers(ledger.runs)
    repairs = [*_restore_folder(ledger), *_rename_damaged(ledger), *_remove_drafts(ledger)]
    found = sum(ledger.append(row) for row in _unrecorded_rows(ledger, repairs))
    if found:
        repairs.append(f"{found} finished run(s) had no row in the ledger; they are recorded now.")
    for mark in ledger.under_way():
        ledger.append(mark.lost_row())
        repairs.append(f"{mark.start.arm} seed {mark.start.seed} is lost: {mark.lost_row().error}.")
    for file in list_folder(ledger.runs, f"*{SUFFIX}"):
        file.unlink()
    return repairs


def _wait_for_workers(runs: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    for file in list_folder(runs, f"*{SUFFIX}"):
        while is_locked(file):
            if time.monotonic() > deadline:
                raise UserError(
                    f"A process of an earlier command still trains a run; {file} names the "
                    "process. End it, then run the command again."
                )
            time.sleep(0.1)


def _restore_folder(ledger: Ledger) -> Iterator[str]:
    """Create the ledger's folder again if the study has a plan and no such folder."""
    if (ledger.study / PLAN).exists() and not os.path.lexists(ledger.rows_folder):
        ledger.rows_folder.mkdir()
        yield (
            f"The folder {ledger.rows_folder} was missing. Its rows are taken from {ledger.runs}; "
            "runs without a file there are trained again."
        )


def _rename_damaged(ledger: Ledger) -> Iterator[str]:
    for reading, files in (
        (read_row_file, list_folder(ledger.rows_folder, "*.parquet")),
        (read_mark, list_folder(ledger.runs, f"*{SUFFIX}")),
    ):
        for file in files:
            try:
                reading(file)
            except UserError:
                yield _rename_as_damaged(file)


def _rename_as_damaged(file: Path) -> str:
    file.rename(file.with_name(f"{file.name}.damaged"))
    return f"{file} is damaged; it is renamed to {file.name}.damaged."


def _remove_drafts(ledger: Ledger) -> Iterator[str]:
    left = remove_drafts(ledger.study)
    left += sum(remove_drafts(at) for at in list_folder(ledger.study, "*") if at.is_dir())
    if left:
        yield f"{left} half-written file(s) or folder(s) of dead processes are deleted."


def _unrecorded_rows(ledger: Ledger, repairs: list[str]) -> Iterator[Row]:
    """Yield results without a row, and those whose row says that the run was cut off."""
    attempts = {(row.run, row.attempt): row for row in ledger.attempts()}
    latest = {row.run: row for row in attempts.values()}
    for file in list_folder(ledger.runs, "*.json"):
        run, _, attempt = file.stem.rpartition(".")
        known = attempts.get((run, int(attempt))) if attempt.isdecimal() else None
        if known is not None and (known.state not in CUT_OFF or latest[run].state not in CUT_OFF):
            continue
        row = _read_result(file)
        if row is None:
            repairs.append(_rename_as_damaged(file))
            continue
        if known is None:
            yield row
        elif row.state in ("done", "diverged"):
            yield row.model_copy(update={"attempt": latest[run].attempt + 1})


def _read_result(file: Path) -> Row | None:
    """Return the row in a run's result file; None if the file is damaged or has a wrong name."""
    try:
        row = Row.model_validate_json(read(file))
    except ValidationError:
        return None
    ours = file.name == f"{row.run}.{row.attempt}.json" and row.recipe_id == recipe_id(row.recipe)
    return row if ours else None
