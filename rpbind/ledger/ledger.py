"""The ledger of one study: each attempt is a small row file; many of them are merged into one.

A file is written under a temporary name and then linked to its final name. The link fails if the
name exists, so each attempt is recorded once. A merge writes the large file before it deletes the
small ones, so a reader finds each row in one of them, or in both.
"""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder, sync, write_new
from rpbind.ledger.checks import MERGED, merged_file_name
from rpbind.ledger.driver import hold, in_use, is_held, why_no_plan
from rpbind.ledger.marks import Mark, read_marks
from rpbind.ledger.plan_records import Plan
from rpbind.ledger.plans import PLAN, read_plan, write_plan
from rpbind.ledger.records import Row, Stage
from rpbind.ledger.row_files import (
    keys,
    parquet_writer,
    read_row_file,
    read_table,
    rows_of,
    table_of,
)

MERGE_AT = 256
"""Number of small row files that are merged into one."""

Key = tuple[str, int]
"""A row's run and attempt."""


class Ledger:
    """The record of one study.

    Parameters
    ----------
    study
        The study's folder; it need not exist yet.
    """

    def __init__(self, study: Path) -> None:
        self.study = study
        self.rows_folder = study / "ledger"
        self.runs = study / "runs"
        self._rows: dict[str, list[Row]] = {}
        self._merged_keys: dict[str, set[Key]] = {}

    @property
    def plan(self) -> Plan:
        """The study's plan; raises `UserError` if there is none or it is not valid."""
        try:
            return read_plan(self.study)
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{self.study} holds no study: {why_no_plan(self.study)}") from None

    def begin(self, plan: Plan) -> None:
        """Write the plan, in place of an earlier plan of the same study.

        Parameters
        ----------
        plan
            The study's plan.
        """
        self.rows_folder.mkdir(parents=True, exist_ok=True)
        write_plan(self.study, plan)

    def drive(self, command: str) -> AbstractContextManager[None]:
        """Hold the study's lock for the block, so that no other process runs the study.

        If the block ends before there is a plan, the folders that were created are removed again.

        Parameters
        ----------
        command
            The command line; other processes show it while they are refused.

        Returns
        -------
        AbstractContextManager[None]
            Holds the lock while its block runs.

        Raises
        ------
        UserError
            If another process runs the study, or its folder cannot be written.
        """
        return hold(self.study, command)

    @property
    def is_driven(self) -> bool:
        """Whether a process runs this study now."""
        return is_held(self.study)

    def check_free(self) -> None:
        """Raise `UserError` if another process runs this study.

        Raises
        ------
        UserError
            It names that process.
        """
        if self.is_driven:
            raise in_use(self.study)

    def append(self, row: Row) -> bool:
        """Record an attempt that has ended.

        Parameters
        ----------
        row
            Its row.

        Returns
        -------
        bool
            False if this attempt has a row already; that row is kept.
        """
        self.rows_folder.mkdir(parents=True, exist_ok=True)
        if any((row.run, row.attempt) in self._keys(file) for file in self._row_files()[0]):
            return False
        name = f"{row.run}.{row.attempt}.parquet"
        return write_new(self.rows_folder / name, parquet_writer(table_of([row])))

    def merge(self, at: int = MERGE_AT) -> None:
        """Merge the small row files into one. Only the process that runs the study may do this.

        Parameters
        ----------
        at
            The fewest small files that are merged.
        """
        merged, small = self._row_files()
        if len(small) < at:
            return
        known = {key for file in merged for key in self._keys(file)}
        tables = [table for file in small if keys(table := read_table(file))[0] not in known]
        if tables:
            table = pa.concat_tables(tables)
            write_new(self.rows_folder / merged_file_name(keys(table)), parquet_writer(table))
        for file in small:
            file.unlink(missing_ok=True)
        sync(self.rows_folder)

    def attempts(self) -> list[Row]:
        """Return the row of every recorded attempt.

        Returns
        -------
        list[Row]
            Sorted by run and attempt.

        Raises
        ------
        UserError
            If a row file is damaged, or the folder with them is missing.
        """
        while True:
            merged, small = self._row_files()
            try:
                self._read([*merged, *small])
            except FileNotFoundError:
                continue  # a merge has deleted a file since we listed it
            # a listing made during a merge may lack both the small files and the merged one
            if self._row_files()[0] == merged:
                break
        rows: dict[Key, Row] = {}
        for file in [*merged, *small]:
            for row in self._rows[file.name]:
                rows.setdefault((row.run, row.attempt), row)
        return [rows[key] for key in sorted(rows)]

    def rows(self, stage: Stage = "ablation") -> list[Row]:
        """Return the latest attempt of each run of a stage.

        Parameters
        ----------
        stage
            The stage.

        Returns
        -------
        list[Row]
            Sorted by run.
        """
        return list({row.run: row for row in self.attempts() if row.stage == stage}.values())

    def under_way(self) -> list[Mark]:
        """Return the start marks of runs without a row: in training, or lost.

        File locks may not reach other machines. Runs there count as alive while a driver runs the
        study.

        Returns
        -------
        list[Mark]
            In a stable order.
        """
        known = {(row.run, row.attempt) for row in self.attempts()}
        left = [m for m in read_marks(self.runs) if (m.start.run, m.start.attempt) not in known]
        here, driven = socket.gethostname(), self.is_driven
        return [m.with_alive(m.alive or (driven and m.start.host != here)) for m in left]

    def _row_files(self) -> tuple[list[Path], list[Path]]:
        """Return the merged row files and the small ones, each sorted by name."""
        # begin() creates the folder before the plan, so a study with a plan had it
        files = list_folder(self.rows_folder, "*.parquet")
        if not files and not self.rows_folder.exists() and (self.study / PLAN).exists():
            raise UserError(
                f"{self.rows_folder} is missing, and with it every row of the study. Put it back "
                "from a copy, or run the command that made the study again: it takes the rows from "
                "runs/, and trains runs without a file there again."
            )
        merged = [file for file in files if file.name.startswith(MERGED)]
        return merged, [file for file in files if not file.name.startswith(MERGED)]

    def _keys(self, file: Path) -> set[Key]:
        if file.name not in self._merged_keys:
            self._merged_keys[file.name] = set(keys(read_table(file, ("run", "attempt"))))
        return self._merged_keys[file.name]

    def _read(self, files: list[Path]) -> None:
        """Read the files that were not read before; a row file never changes."""
        new = [file for file in files if file.name not in self._rows]
        tables = [read_row_file(file) for file in new]
        rows = iter(rows_of(pa.concat_tables(tables)) if tables else [])
        for file, table in zip(new, tables, strict=True):
            self._rows[file.name] = [next(rows) for _ in range(table.num_rows)]
