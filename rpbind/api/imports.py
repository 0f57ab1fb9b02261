"""Importers: from a user's files to a dataset folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset
from rpbind.importers.settings import ImportSettings as ImportSettings
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


checked = partial(face, options=ImportSettings)


@checked
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
        `max_n_share`: as the options of `rpbind import eclip --help`.

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

    settings = from_keywords("rb.import_eclip", ImportSettings, options)
    settings.check_clusters("--clusters", clusters)
    given = None if clusters is None else Path(clusters)
    return _imported(settings, proteins, out, lambda how: read(Path(folder), how, given))


@checked
def import_fasta(
    windows: str | Path, *, proteins: str | Path, out: str | Path, **options: Any
) -> Import:
    """Import windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`.

    Parameters
    ----------
    windows
        FASTA whose headers name number, protein, label and chromosome.
    proteins
        FASTA of the proteins' amino-acid sequences.
    out
        Dataset folder to make; it must not exist yet.
    **options
        As for `import_eclip`.

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

    settings = from_keywords("rb.import_fasta", ImportSettings, options)
    return _imported(settings, proteins, out, lambda how: read(Path(windows), how))


@checked
def import_table(
    windows: str | Path,
    *,
    proteins: str | Path,
    out: str | Path,
    rna_column: str = "rna",
    protein_column: str = "protein",
    label_column: str = "label",
    cluster_column: str | None = None,
    split_column: str | None = None,
    **options: Any,
) -> Import:
    """Import a table with a column each for RNA, protein and label.

    Parameters
    ----------
    windows
        Table of windows: CSV, TSV or Parquet, also with .gz.
    proteins
        FASTA of the proteins' amino-acid sequences.
    out
        Dataset folder to make; it must not exist yet.
    rna_column, protein_column, label_column
        Columns with the letters of the window, the protein's name in the FASTA, and the label, 0
        or 1.
    cluster_column
        Column with the overlap cluster; without it, the clusters are computed.
    split_column
        Column with the part (train, validation, test, unused) or the number of the fold, which is
        saved as the split `published`, or as fold0, fold1, ...
    **options
        As for `import_eclip`.

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
    from rpbind.importers.table import Columns

    settings = from_keywords("rb.import_table", ImportSettings, options)
    settings.check_clusters("--cluster-column", cluster_column)
    columns = Columns(rna_column, protein_column, label_column, cluster_column, split_column)
    return _imported(settings, proteins, out, lambda how: read(Path(windows), how, columns))


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
