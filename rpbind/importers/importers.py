"""Imports an eCLIP folder, FASTA, or tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rpbind.data.clusters import Progress
from rpbind.files.draft import scratch_folder
from rpbind.importers.eclip import read_eclip
from rpbind.importers.fasta import read_fasta
from rpbind.importers.finish import ImportOptions as ImportOptions
from rpbind.importers.finish import ImportReport as ImportReport
from rpbind.importers.finish import finish_import
from rpbind.importers.table import Columns, read_tables
from rpbind.naming.protein_table import read_proteins


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
        progress = _share(options.progress, 0, 30)
        rows = read_eclip(folder, clusters, progress, options.rules)
        return finish_import(rows, table, options, "eclip", {})


def import_fasta(
    files: Path | Sequence[Path],
    options: ImportOptions,
    pattern: str | None = None,
    labels: Path | None = None,
) -> ImportReport:
    """Import FASTA windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`.

    Parameters
    ----------
    files
        One or several files, which may be packed with gzip, or folders of them.
    options
        Proteins, output and checks.
    pattern
        What the files' names say, see `rpbind.reading.file_names`.
    labels
        A file with the label of each record; without it, they are in headers or names.

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
        progress = _share(options.progress, 0, 30)
        rows = read_fasta(_several(files), pattern, labels, options.rules, progress)
        return finish_import(rows, table, options, "fasta", {"name_pattern": pattern})


def import_table(
    files: Path | Sequence[Path],
    options: ImportOptions,
    columns: Columns | None = None,
    pattern: str | None = None,
) -> ImportReport:
    """Import tables with a row per window.

    Parameters
    ----------
    files
        One or several files, of which text may be packed with gzip, or folders of them.
    options
        Proteins, output and checks.
    columns
        Names of their columns; the usual ones without.
    pattern
        What the files' names say, see `rpbind.reading.file_names`.

    Returns
    -------
    ImportReport
        The new dataset.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line.
    """
    columns = columns or Columns()
    with scratch_folder(options.out):
        table = read_proteins(options.proteins)
        progress = _share(options.progress, 0, 30)
        rows = read_tables(_several(files), columns, pattern, options.rules, progress)
        arguments = {"columns": asdict(columns), "name_pattern": pattern}
        return finish_import(rows, table, options, "table", arguments)


def _several(files: Path | Sequence[Path]) -> Sequence[Path]:
    return [files] if isinstance(files, Path) else files


def _share(progress: Progress, start: int, stop: int) -> Progress:
    """Return a progress function whose range is `start` to `stop` of the whole 100 %."""
    return lambda done, total: progress(start + (stop - start) * done // total, 100)
