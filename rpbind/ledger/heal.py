"""What killed processes leave behind is set right, and said: nothing is lost, nothing told twice.

Only the process that runs the study may do this.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from rpbind.errors import UserError
from rpbind.files.atomic import leftover_drafts, list_folder, read
from rpbind.files.locks import is_locked
from rpbind.ledger.ledger import Ledger
from rpbind.ledger.marks import SUFFIX, read_mark
from rpbind.ledger.plans import PLAN, recipe_id
from rpbind.ledger.records import CUT_OFF, Row
from rpbind.ledger.row_files import read_row_file

PATIENCE = 60.0
"""Seconds for the processes of a dead driver to die; Ray's take up to 12."""


def heal(ledger: Ledger) -> list[str]:
    """Return, in sentences, what was set right.

    Finished rows that no driver heard of are recorded; runs that were begun and will not end are
    recorded as lost; damaged files are set aside; half-written ones go.
    """
    _wait_for_workers(ledger.runs)
    said = [*_restore_folder(ledger), *_set_damaged_aside(ledger), *_remove_drafts(ledger)]
    found = sum(ledger.append(row) for row in _unrecorded_rows(ledger, said))
    if found:
        said.append(f"{found} finished run(s) of which no driver had heard are recorded.")
    for mark in ledger.under_way():
        ledger.append(mark.lost_row())
        said.append(f"{mark.start.arm} seed {mark.start.seed} is lost: {mark.lost_row().error}.")
    for file in list_folder(ledger.runs, f"*{SUFFIX}"):
        file.unlink()
    return said


def _wait_for_workers(runs: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    for file in list_folder(runs, f"*{SUFFIX}"):
        while is_locked(file):
            if time.monotonic() > deadline:
                raise UserError(
                    f"A process whose study has ended still makes a run; {file} says which. "
                    "End it, then start again."
                )
            time.sleep(0.1)


def _restore_folder(ledger: Ledger) -> Iterator[str]:
    """Make the folder of the ledger anew where a study has lost it."""
    if (ledger.study / PLAN).exists() and not os.path.lexists(ledger.rows_folder):
        ledger.rows_folder.mkdir()
        yield (
            f"The folder {ledger.rows_folder} was missing. Its rows are taken from {ledger.runs}; "
            "runs without a file there are trained again."
        )


def _set_damaged_aside(ledger: Ledger) -> Iterator[str]:
    for reading, files in (
        (read_row_file, list_folder(ledger.rows_folder, "*.parquet")),
        (read_mark, list_folder(ledger.runs, f"*{SUFFIX}")),
    ):
        for file in files:
            try:
                reading(file)
            except UserError:
                yield _set_file_aside(file)


def _set_file_aside(file: Path) -> str:
    file.rename(file.with_name(f"{file.name}.damaged"))
    return f"{file} is damaged; it is set aside as {file.name}.damaged."


def _remove_drafts(ledger: Ledger) -> Iterator[str]:
    left = [
        file
        for at in (ledger.study, ledger.rows_folder, ledger.runs)
        for file in leftover_drafts(at)
    ]
    for file in left:
        file.unlink(missing_ok=True)
    if left:
        yield f"{len(left)} half-written file(s) of dead processes are removed."


def _unrecorded_rows(ledger: Ledger, said: list[str]) -> Iterator[Row]:
    """Yield finished rows that are not told, or were told as cut off while they were finishing."""
    attempts = {(row.run, row.attempt): row for row in ledger.attempts()}
    latest = {row.run: row for row in attempts.values()}
    for file in list_folder(ledger.runs, "*.json"):
        run, _, attempt = file.stem.rpartition(".")
        told = attempts.get((run, int(attempt))) if attempt.isdecimal() else None
        if told is not None and (told.state not in CUT_OFF or latest[run].state not in CUT_OFF):
            continue
        row = _read_result(file)
        if row is None:
            said.append(_set_file_aside(file))
            continue
        if told is None:
            yield row
        elif row.state in ("done", "diverged"):
            yield row.model_copy(update={"attempt": latest[run].attempt + 1})


def _read_result(file: Path) -> Row | None:
    """Return the row that a run left when it finished; None where the file does not hold it."""
    try:
        row = Row.model_validate_json(read(file))
    except ValidationError:
        return None
    ours = file.name == f"{row.run}.{row.attempt}.json" and row.recipe_id == recipe_id(row.recipe)
    return row if ours else None
