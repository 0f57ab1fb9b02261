"""Importers: from a user's files to a dataset folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset
from rpbind.importers.settings import FileSettings as FileSettings
from rpbind.importers.settings import ImportSettings
from rpbind.importers.settings import SourceSettings as SourceSettings
from rpbind.keywords import from_keywords

if TYPE_CHECKING:
    from rpbind.importers.importers import ImportOptions, ImportReport


@dataclass(frozen=True)
class Import:
    """The result of an import.

    Parameters
    ----------
    dataset
        The new dataset.
    rows_read
        Rows in the sources.
    decisions
        Counts of the rows that were dropped, and of windows with N.
    notes
        Sentences about proteins and labels that the user should check.
    """

    dataset: Dataset
    rows_read: int
    decisions: dict[str, int]
    notes: tuple[str, ...]


@partial(face, options=SourceSettings)
def import_eclip(
    folder: str | Path,
    *,
    proteins: str | Path,
    out: str | Path,
    clusters: str | Path | None = None,
    **options: Any,
) -> Import:
    """Import a folder of eCLIP windows: a file for each protein and cell line.

    Parameters
    ----------
    folder
        Folder with a file GENE_CELL for each protein; each line is window TAB label.
    proteins
        FASTA of the proteins' amino-acid sequences.
    out
        Dataset folder to make; it must not exist yet.
    clusters
        Folder with a file GENE_CELL for each protein; each line is the number of its window's
        overlap cluster. Without it, the clusters are computed.
    **options
        `on_conflict` ("error" or "drop"), `homology` ("parasail" or "mmseqs2"), `k`,
        `max_n_share`, `bad_rows` ("error" or "drop"), `names`, `label_map`: as the options of
        `rpbind import eclip --help`.

    Returns
    -------
    Import
        The dataset, and what was decided on the way.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line, and nothing was written.

    Examples
    --------
    >>> rb.import_eclip("eclip/", proteins="proteins.fasta", out="data/mine").dataset
    """
    from rpbind.importers.importers import import_eclip as read

    settings = from_keywords("rb.import_eclip", SourceSettings, options)
    settings.check_clusters("--clusters", clusters)
    given = None if clusters is None else Path(clusters)
    return _imported(settings, proteins, out, lambda how: read(Path(folder), how, given))


@partial(face, options=FileSettings)
def import_fasta(
    windows: str | Path | list[str | Path],
    *,
    proteins: str | Path,
    out: str | Path,
    labels: str | Path | None = None,
    **options: Any,
) -> Import:
    """Import windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`.

    Parameters
    ----------
    windows
        FASTA files, or folders of them. Protein and label are in the headers or in the files'
        names (`name_pattern`).
    proteins
        FASTA of the proteins' amino-acid sequences.
    out
        Dataset folder to make; it must not exist yet.
    labels
        File with a label on each line, in the order of the records of one FASTA file.
    **options
        As for `import_eclip`, and `name_pattern`.

    Returns
    -------
    Import
        The dataset, and what was decided on the way.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line, and nothing was written.

    Examples
    --------
    >>> rb.import_fasta("windows.fa", proteins="proteins.fasta", out="data/mine")
    """
    from rpbind.importers.importers import import_fasta as read

    settings = from_keywords("rb.import_fasta", FileSettings, options)
    given = None if labels is None else Path(labels)
    return _imported(
        settings,
        proteins,
        out,
        lambda how: read(_paths(windows), how, settings.name_pattern, given),
    )


@partial(face, options=FileSettings)
def import_table(
    windows: str | Path | list[str | Path],
    *,
    proteins: str | Path,
    out: str | Path,
    rna_column: str = "rna",
    protein_column: str = "protein",
    label_column: str = "label",
    cluster_column: str | None = None,
    split_column: str | None = None,
    columns: str | None = None,
    sheet: str | None = None,
    **options: Any,
) -> Import:
    """Import tables with a column each for RNA, protein and label.

    Parameters
    ----------
    windows
        Tables of windows: CSV, TSV, Excel or Parquet; text also with .gz. Or folders of them.
    proteins
        FASTA of the proteins' amino-acid sequences.
    out
        Dataset folder to make; it must not exist yet.
    rna_column, protein_column, label_column
        Columns with the letters of the window, the protein's name, and the label. The protein and
        the label can also be in the files' names (`name_pattern`).
    cluster_column
        Column with the overlap cluster; without it, the clusters are computed.
    split_column
        Column with the part (train, validation, test, unused) or the number of the fold, which is
        saved as the split `published`, or as fold0, fold1, ...
    columns
        The names of all columns, in order, of tables without a header line: "rna,label", with "-"
        for a column that is not needed.
    sheet
        Sheet of an Excel workbook, if several have cells.
    **options
        As for `import_eclip`, and `name_pattern`.

    Returns
    -------
    Import
        The dataset, and what was decided on the way.

    Raises
    ------
    UserError
        If the source cannot be used; the message has file and line, and nothing was written.

    Examples
    --------
    >>> made = rb.import_table("windows.csv", proteins="proteins.fasta", out="data/mine")
    >>> made.notes
    """
    from rpbind.importers.importers import import_table as read
    from rpbind.importers.table import Columns, parse_header

    settings = from_keywords("rb.import_table", FileSettings, options)
    settings.check_clusters("--cluster-column", cluster_column)
    header = parse_header(columns, [rna_column])
    named = Columns(
        rna_column, protein_column, label_column, cluster_column, split_column, header, sheet
    )
    return _imported(
        settings,
        proteins,
        out,
        lambda how: read(_paths(windows), how, named, settings.name_pattern),
    )


def _paths(given: str | Path | list[str | Path]) -> list[Path]:
    return [Path(path) for path in (given if isinstance(given, list) else [given])]


def _imported(
    settings: ImportSettings,
    proteins: str | Path,
    out: str | Path,
    read: Callable[[ImportOptions], ImportReport],
) -> Import:
    """Run an importer under a progress bar."""
    from rpbind.terminal import progress

    with progress(f"importing to {out}") as bar:
        report = read(settings.options(Path(proteins), Path(out), bar))
    return Import(Dataset(report.dataset.root), report.rows_read, report.decisions, report.remarks)
