"""Imports an eCLIP folder, FASTA, or a table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from rpbind.data.clusters import Progress
from rpbind.files.draft import check_new, scratch_folder
from rpbind.importers.eclip import read_eclip
from rpbind.importers.fasta import read_fasta
from rpbind.importers.finish import ImportOptions as ImportOptions
from rpbind.importers.finish import ImportReport as ImportReport
from rpbind.importers.finish import finish_import
from rpbind.importers.protein_table import read_proteins
from rpbind.importers.table import Columns, read_table


def import_eclip(
    folder: Path, options: ImportOptions, clusters: Path | None = None
) -> ImportReport:
    """Import a folder of files `<GENE>_<CELL>` with a line `RNA<TAB>label` per window.

    A protein is named after its file.

    Parameters
    ----------
    folder
        The folder.
    options
        Proteins, output and checks.
    clusters
        A folder with the same file names, whose files have the overlap cluster (a whole number)
        of the window on each line; without it, clusters are computed.

    Returns
    -------
    ImportReport
        The new dataset.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line.
    """
    with scratch_folder(options.out):
        table = read_proteins(options.proteins)
        rows = read_eclip(folder, clusters, _share(options.progress, 0, 30))
        return finish_import(rows, table, options, "eclip", {})


def import_fasta(path: Path, options: ImportOptions) -> ImportReport:
    """Import FASTA windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`.

    Parameters
    ----------
    path
        The file, which may be packed with gzip.
    options
        Proteins, output and checks.

    Returns
    -------
    ImportReport
        The new dataset.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line.
    """
    check_new(options.out)
    table = read_proteins(options.proteins)
    return finish_import(
        read_fasta(path, _share(options.progress, 0, 30)), table, options, "fasta", {}
    )


def import_table(
    path: Path, options: ImportOptions, columns: Columns | None = None
) -> ImportReport:
    """Import a CSV, TSV or Parquet table with a row per window.

    Parameters
    ----------
    path
        The file; text may be packed with gzip.
    options
        Proteins, output and checks.
    columns
        Names of its columns; the usual ones without.

    Returns
    -------
    ImportReport
        The new dataset.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line.
    """
    check_new(options.out)
    columns = columns or Columns()
    table = read_proteins(options.proteins)
    rows = read_table(path, columns, _share(options.progress, 0, 30))
    return finish_import(rows, table, options, "table", {"columns": asdict(columns)})


def _share(progress: Progress, start: int, stop: int) -> Progress:
    """Return a progress function whose range is `start` to `stop` of the whole 100 %."""
    return lambda done, total: progress(start + (stop - start) * done // total, 100)
