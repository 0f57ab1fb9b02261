"""Remarks on a study that can be read but is old, damaged in part, or not recorded completely."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder, read
from rpbind.ledger.ledger import Ledger
from rpbind.ledger.plans import PLAN, has_hash
from rpbind.ledger.row_files import read_table
from rpbind.ledger.schema import ADDED, absent_fields

JOURNAL = "optuna.journal"
QUIET = {"test_curves"}
"""Added columns without a remark: the page says where they would be drawn."""


def remarks(ledger: Ledger) -> tuple[str, ...]:
    """Return what a reader of a study should know about its files.

    Parameters
    ----------
    ledger
        Of a study whose plan can be read.

    Returns
    -------
    tuple[str, ...]
        Sentences; empty if there is nothing to remark.
    """
    return tuple(_remarks(ledger))


def _remarks(ledger: Ledger) -> Iterator[str]:
    if not has_hash(ledger.study):
        yield (
            f"{PLAN} has no hash, because an earlier version wrote it. Changes made by hand "
            "are not detected."
        )
    files = list_folder(ledger.rows_folder, "*.parquet")
    columns = {path.partition(".")[0] for path in ADDED} - QUIET
    for path in dict.fromkeys(
        path for file in files for path in absent_fields(read_table(file, [*columns]))
    ):
        yield f"Rows that an earlier version wrote have no {path}."
    aside = [*list_folder(ledger.rows_folder, "*.damaged"), *list_folder(ledger.runs, "*.damaged")]
    if aside:
        yield f"{len(aside)} damaged file(s) were renamed, such as {aside[0]}."
    if not ledger.is_driven and (left := _unrecorded(ledger)):
        yield (
            f"{left} finished run(s) in {ledger.runs} are not in the ledger. The command that made "
            "the study records them when it is run again."
        )
    if not _is_journal(ledger.study / JOURNAL):
        yield (
            f"{ledger.study / JOURNAL} cannot be read. The command that made the study renames it "
            "and writes a new one from the ledger."
        )


def _unrecorded(ledger: Ledger) -> int:
    """Count the result files of runs without a row in the ledger."""
    recorded = {f"{row.run}.{row.attempt}.json" for row in ledger.attempts()}
    return sum(file.name not in recorded for file in list_folder(ledger.runs, "*.json"))


def _is_journal(file: Path) -> bool:
    """Whether Optuna's journal is missing, or consists of JSON lines; the last may be cut off."""
    try:
        *lines, _ = read(file).split(b"\n")
        return all(isinstance(json.loads(line), dict) for line in lines)
    except FileNotFoundError:
        return True
    except (ValueError, RecursionError, UserError):
        return False
