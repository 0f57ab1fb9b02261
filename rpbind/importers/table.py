"""Reads windows from tables: with a header or without, one file or one for each protein."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rpbind.data.clusters import Progress
from rpbind.errors import UserError
from rpbind.importers.collect import collected
from rpbind.importers.rows import RawRows, RowRules
from rpbind.importers.sources import Rows
from rpbind.reading.file_names import SourceFile, source_files
from rpbind.reading.pieces import column_pieces
from rpbind.reading.text_table import Form


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table.

    Parameters
    ----------
    rna
        Letters of the window.
    protein
        Name of the protein.
    label
        Whether it is bound.
    cluster
        Overlap cluster, as numbers or words, such as chromosomes; None if there is no such column.
    split
        Part of a published split, or number of a fold; None if there is no such column.
    header
        The names of all columns, in order, if the tables have no header line; see `Form`.
    sheet
        The sheet of a workbook; None if only one has cells.
    """

    rna: str = "rna"
    protein: str = "protein"
    label: str = "label"
    cluster: str | None = None
    split: str | None = None
    header: tuple[str, ...] = ()
    sheet: str | None = None


def parse_header(text: str | None, columns: Sequence[str]) -> tuple[str, ...]:
    """Read the option `--columns`, such as "rna,label" or "-,-,rna,-,-,label".

    Parameters
    ----------
    text
        What the user gave; None if the tables have a header line.
    columns
        The columns that are needed in any case.

    Returns
    -------
    tuple[str, ...]
        The name of each column; `-` for one that is not needed.

    Raises
    ------
    UserError
        If a name is empty, given twice or missing.
    """
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(","))
    named = [name for name in names if name != "-"]
    lacking = [column for column in columns if column not in named]
    if lacking or "" in names or len(set(named)) < len(named):
        raise UserError(
            f"--columns names each column of a table without a header line, such as "
            f"'rna,protein,label' or '-,-,rna,label' (- for one that is not needed), with "
            f"{' and '.join(columns)}; got {text!r}."
        )
    return names


def read_tables(
    given: Sequence[Path],
    columns: Columns,
    pattern: str | None,
    rules: RowRules,
    progress: Progress,
) -> Rows:
    """Read windows from tables.

    Parameters
    ----------
    given
        Files .csv, .tsv, .tab or .txt, also .gz, .parquet or .xlsx; or folders of them.
    columns
        The names of their columns.
    pattern
        What the files' names say, see `rpbind.reading.file_names`.
    rules
        How rows are read.
    progress
        Called with the number of files read, and of all.

    Returns
    -------
    Rows
        The rows. Clusters are numbered in the order of first appearance.

    Raises
    ------
    UserError
        If a table cannot be used; the message has file and line.
    """
    files, left_out = source_files(given, pattern)

    def pieces() -> Iterator[RawRows]:
        for number, file in enumerate(files, 1):
            yield from _read(file, columns)
            progress(number, len(files))

    return collected(pieces(), rules).remarked(left_out)


def _read(file: SourceFile, columns: Columns) -> Iterator[RawRows]:
    """Read one table, piece by piece; what its path says stands in for columns."""
    names = [columns.rna]
    optional: tuple[str, ...] = ()
    if "label" not in file.fields:
        names.append(columns.label)
    if file.stem:
        optional = (columns.protein,)
    elif "protein" not in file.fields:
        names.insert(1, columns.protein)
    names += [column for column in (columns.cluster, columns.split) if column is not None]
    form = Form(columns.header, columns.sheet)
    if columns.header and columns.protein in names and columns.protein not in columns.header:
        raise UserError(
            f"--columns names no column '{columns.protein}', so the protein must be in the files' "
            "names: give --name-pattern, such as '{protein}.*' for a file TARDBP_HepG2.tsv. Or "
            f"name the column {columns.protein} in --columns."
        )
    for texts, origin, file_hash in column_pieces(file.path, names, optional, form):
        count = len(origin.row_N)
        of_file = [file.fields["part"]] * count if "part" in file.fields else None
        protein = file.fields.get("protein") or file.stem
        cells = {name: text.to_pylist() for name, text in texts.items()}
        yield RawRows(
            letters=[text.strip() for text in cells[columns.rna]],
            labels=cells.get(columns.label) or [file.fields["label"]] * count,
            proteins=cells.get(columns.protein) or [protein] * count,
            origin=origin.named(file.name),
            sources={file.name: file_hash},
            clusters=None if columns.cluster is None else cells[columns.cluster],
            parts=cells[columns.split] if columns.split else of_file,
        )
