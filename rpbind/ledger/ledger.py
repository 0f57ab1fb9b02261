"""Where rows are kept and read: small parts, merged into larger ones, each row told once.

A part is written under a temporary name and linked to its final one, which fails if that is there
already. Merging writes the larger part before it takes the small ones away, so that a reader finds
every row in one of them, or in both.
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

import pyarrow as pa

from rpbind.errors import UserError, is_full_disk
from rpbind.files.atomic import list_folder, sync, write_new
from rpbind.files.locks import is_locked, locked
from rpbind.ledger.checks import MERGED, merged_file_name
from rpbind.ledger.marks import Mark, read_marks
from rpbind.ledger.plans import PLAN, read_plan, write_plan
from rpbind.ledger.records import Plan, Row, Stage
from rpbind.ledger.row_files import (
    keys,
    parquet_writer,
    read_row_file,
    read_table,
    rows_of,
    table_of,
)

MERGE_AT = 256
"""So many small parts are merged into one."""

Key = tuple[str, int]
"""A row's run and attempt."""


class Ledger:
    """The record of one study in a folder."""

    def __init__(self, study: Path) -> None:
        self.study = study
        self.rows_folder = study / "ledger"
        self.runs = study / "runs"
        self._driver = study / "driver"
        self._known: dict[str, list[Row]] = {}
        self._told: dict[str, set[Key]] = {}

    @property
    def plan(self) -> Plan:
        """The study's plan; raises `UserError` where the folder holds none that is as written."""
        try:
            return read_plan(self.study)
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{self.study} holds no study: {self._why_no_plan()}") from None

    def begin(self, plan: Plan) -> None:
        """Write the plan. The folder may hold an earlier plan of the same study: it is replaced."""
        self.rows_folder.mkdir(parents=True, exist_ok=True)
        write_plan(self.study, plan)

    @contextmanager
    def drive(self, command: str) -> Iterator[None]:
        """Be the only process that runs this study; `UserError` where another one does."""
        made = [each for each in (self.study, *self.study.parents) if not each.exists()]
        try:
            self.study.mkdir(parents=True, exist_ok=True)
            self._driver.touch()
        except OSError as error:
            if is_full_disk(error):
                raise
            raise UserError(
                f"The study's folder {self.study} cannot be made or written: {error.strerror}. "
                "Name another --reports."
            ) from None
        with self._driver.open("a+") as file, locked(file, wait=False) as mine:
            if not (mine and _has_name(file, self._driver)):
                raise self._taken()
            file.truncate(0)
            told = {"host": socket.gethostname(), "pid": os.getpid(), "command": command}
            file.write(json.dumps(told | {"since": datetime.now(UTC).isoformat()}) + "\n")
            file.flush()
            try:
                yield
            finally:
                if not (self.study / "plan.json").exists():
                    self._leave_nothing(made)

    @property
    def is_driven(self) -> bool:
        """Whether a living process runs this study."""
        return is_locked(self._driver)

    def check_free(self) -> None:
        """Raise `UserError` where another process runs this study."""
        if self.is_driven:
            raise self._taken()

    def append(self, row: Row) -> bool:
        """Record an ended attempt; False where this attempt of the run was recorded before."""
        self.rows_folder.mkdir(parents=True, exist_ok=True)
        if any((row.run, row.attempt) in self._keys(part) for part in self._listed()[0]):
            return False
        name = f"{row.run}.{row.attempt}.parquet"
        return write_new(self.rows_folder / name, parquet_writer(table_of([row])))

    def merge(self, at: int = MERGE_AT) -> None:
        """Make one part of the small ones where there are `at` or more of them.

        Only the process that runs the study merges. Killed in between, it leaves rows in both.
        """
        merged, small = self._listed()
        if len(small) < at:
            return
        told = {key for part in merged for key in self._keys(part)}
        tables = [table for part in small if keys(table := read_table(part))[0] not in told]
        if tables:
            table = pa.concat_tables(tables)
            write_new(self.rows_folder / merged_file_name(keys(table)), parquet_writer(table))
        for part in small:
            part.unlink(missing_ok=True)
        sync(self.rows_folder)

    def attempts(self) -> list[Row]:
        """Every recorded attempt, in a stable order. Raises `UserError` where a part is damaged."""
        while True:
            merged, small = self._listed()
            try:
                self._read([*merged, *small])
            except FileNotFoundError:
                continue  # merged since it was listed
            # a listing made while parts were merged may lack both the small and the merged one
            if self._listed()[0] == merged:
                break
        rows: dict[Key, Row] = {}
        for part in [*merged, *small]:
            for row in self._known[part.name]:
                rows.setdefault((row.run, row.attempt), row)
        return [rows[key] for key in sorted(rows)]

    def rows(self, stage: Stage = "ablation") -> list[Row]:
        """The latest attempt of every run of a stage, in a stable order."""
        return list({row.run: row for row in self.attempts() if row.stage == stage}.values())

    def under_way(self) -> list[Mark]:
        """The runs that were begun and of which no row tells: being made, or lost.

        Where a lock does not reach another machine, its runs live as long as the study's driver.
        """
        told = {(row.run, row.attempt) for row in self.attempts()}
        left = [m for m in read_marks(self.runs) if (m.start.run, m.start.attempt) not in told]
        here, driven = socket.gethostname(), self.is_driven
        return [m.with_alive(m.alive or (driven and m.start.host != here)) for m in left]

    def _taken(self) -> UserError:
        return UserError(
            f"{self.study} is being run by another process: {self._who()}. Wait until it has "
            "ended, or end it; the same command then goes on with what is missing."
        )

    def _leave_nothing(self, made: Sequence[Path]) -> None:
        """Remove what a command has made that ended before its study began."""
        self._driver.unlink(missing_ok=True)
        with suppress(OSError):  # a folder that is not empty stays
            for folder in made:
                folder.rmdir()

    def _why_no_plan(self) -> str:
        if self.is_driven:
            return f"it is being started by {self._who()}."
        if self._driver.exists():
            return f"the command that was to begin it ended before its first run: {self._who()}."
        return "there is no plan.json in it."

    def _who(self) -> str:
        try:
            told = json.loads(self._driver.read_text())
            who = f"process {told['pid']} of {told['host']} since {told['since']}"
            return f"{who} ({told['command']})"
        except (ValueError, KeyError, TypeError, OSError):
            return "it has not yet said who it is"

    def _listed(self) -> tuple[list[Path], list[Path]]:
        """Return the merged parts and the small ones, each in the order of their names.

        A study's folder has had its ledger since before it had its plan.
        """
        files = list_folder(self.rows_folder, "*.parquet")
        if not files and not self.rows_folder.exists() and (self.study / PLAN).exists():
            raise UserError(
                f"{self.rows_folder} is missing, and with it every row of the study. Put it back "
                "from a copy, or run the command that made the study again: it takes the rows from "
                "runs/, and trains runs without a file there again."
            )
        merged = [file for file in files if file.name.startswith(MERGED)]
        return merged, [file for file in files if not file.name.startswith(MERGED)]

    def _keys(self, part: Path) -> set[Key]:
        if part.name not in self._told:
            self._told[part.name] = set(keys(read_table(part, ("run", "attempt"))))
        return self._told[part.name]

    def _read(self, parts: list[Path]) -> None:
        """Read the parts that are not known yet; a part never changes under its name."""
        new = [part for part in parts if part.name not in self._known]
        tables = [read_row_file(part) for part in new]
        rows = iter(rows_of(pa.concat_tables(tables)) if tables else [])
        for part, table in zip(new, tables, strict=True):
            self._known[part.name] = [next(rows) for _ in range(table.num_rows)]


def _has_name(file: IO[str], name: Path) -> bool:
    """Whether an open file still has its name; another process may have removed it since."""
    return name.exists() and os.path.samestat(os.fstat(file.fileno()), name.stat())
