"""What a reader of a study must know that is no error: what is not vouched for, or not in yet."""

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


def remarks(ledger: Ledger) -> tuple[str, ...]:
    """Return the remarks on a study that can be read, in sentences."""
    return tuple(_remarks(ledger))


def _remarks(ledger: Ledger) -> Iterator[str]:
    if not has_hash(ledger.study):
        yield (
            f"{PLAN} has no hash, since an earlier version wrote it: a change of it by hand would "
            "not be seen."
        )
    parts = list_folder(ledger.rows_folder, "*.parquet")
    fields = {path.partition(".")[0] for path in ADDED}
    for path in dict.fromkeys(
        p for part in parts for p in absent_fields(read_table(part, [*fields]))
    ):
        yield f"Rows that an earlier version wrote have no {path}."
    aside = [*list_folder(ledger.rows_folder, "*.damaged"), *list_folder(ledger.runs, "*.damaged")]
    if aside:
        yield f"{len(aside)} damaged file(s) were set aside, such as {aside[0]}."
    if not ledger.is_driven and (left := _unrecorded(ledger)):
        yield (
            f"{left} finished run(s) in {ledger.runs} are not in the ledger: the command that made "
            "the study records them."
        )
    if not _is_journal(ledger.study / JOURNAL):
        yield (
            f"{ledger.study / JOURNAL} cannot be read: the command that made the study sets it "
            "aside and makes it anew from the ledger."
        )


def _unrecorded(ledger: Ledger) -> int:
    """Count the files of finished runs of which the ledger has no row."""
    recorded = {f"{row.run}.{row.attempt}.json" for row in ledger.attempts()}
    return sum(file.name not in recorded for file in list_folder(ledger.runs, "*.json"))


def _is_journal(file: Path) -> bool:
    """Whether Optuna's journal is lines of JSON; the last one may be cut, and it may be missing."""
    try:
        *lines, _ = read(file).split(b"\n")
        return all(isinstance(json.loads(line), dict) for line in lines)
    except FileNotFoundError:
        return True
    except (ValueError, RecursionError, UserError):
        return False
