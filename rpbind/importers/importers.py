"""Makes a dataset of a source: eCLIP folder, FASTA, or table; each is read, checked and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import MOST_N, decode, n_share
from rpbind.data.clusters import Progress, overlap_clusters, silent
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.distinct import first_equal
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset
from rpbind.errors import UserError
from rpbind.files.draft import check_new
from rpbind.importers.conflicts import OnConflict, resolve_conflicts
from rpbind.importers.eclip import read_eclip
from rpbind.importers.fasta import read_fasta
from rpbind.importers.protein_names import gene_of
from rpbind.importers.protein_table import ProteinTable, read_proteins
from rpbind.importers.remarks import class_remarks, merge_spellings, spelling_remarks
from rpbind.importers.sources import Rows
from rpbind.importers.table import Columns, read_table
from rpbind.names import key

ProteinClusters = Callable[[Sequence[str], Sequence[str]], NDArray[np.int32]]
"""Genes and sequences in, the homology cluster of each out; one gene is always in one cluster."""


@dataclass(frozen=True)
class ImportOptions:
    """What every importer needs beside its source.

    `proteins` is a FASTA file, `out` the new dataset's folder, `k` the length of the k-mer that
    makes overlap clusters where the source brings none. `homology` says how `protein_clusters`
    makes them, for the manifest. A window of which more than `max_n_share` is N is refused.
    `progress` is called with done and total.
    """

    proteins: Path
    out: Path
    protein_clusters: ProteinClusters
    homology: str = "as given"
    on_conflict: OnConflict = "error"
    k: int = 31
    max_n_share: float = MOST_N
    progress: Progress = silent


@dataclass(frozen=True)
class ImportReport:
    """A new dataset, the rows that its sources had, what was decided about them, and remarks."""

    dataset: Dataset
    rows_read: int
    decisions: dict[str, int]
    remarks: tuple[str, ...] = ()


def import_eclip(
    folder: Path, options: ImportOptions, clusters: Path | None = None
) -> ImportReport:
    """Import a folder of files `<GENE>_<CELL>` with a line `RNA<TAB>label` per window.

    `clusters` is a folder of the same file names with the window's overlap cluster on each line;
    without it they are computed. A protein is called by its file's name.
    """
    check_new(options.out)
    table = read_proteins(options.proteins)
    rows = read_eclip(folder, clusters, _part(options.progress, 0, 30))
    return _finish(rows, table, options, "eclip", {})


def import_fasta(path: Path, options: ImportOptions) -> ImportReport:
    """Import FASTA windows with headers `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`."""
    check_new(options.out)
    table = read_proteins(options.proteins)
    return _finish(read_fasta(path, _part(options.progress, 0, 30)), table, options, "fasta", {})


def import_table(
    path: Path, options: ImportOptions, columns: Columns | None = None
) -> ImportReport:
    """Import a CSV, TSV or Parquet table; a protein is called by the word in its column."""
    check_new(options.out)
    columns = columns or Columns()
    table = read_proteins(options.proteins)
    rows = read_table(path, columns, _part(options.progress, 0, 30))
    return _finish(rows, table, options, "table", {"columns": asdict(columns)})


def _check_given(rna_NL: NDArray[np.uint8], cluster_N: NDArray[np.int32]) -> None:
    """Refuse clusters that put equal windows apart: a cold-rna split by them would leak."""
    first_N = first_equal(rna_NL)
    apart = np.flatnonzero(cluster_N != cluster_N[first_N])
    if len(apart):
        raise UserError(
            f"The given overlap clusters put {len(apart):,} windows apart from an equal window, "
            f"the first of them {decode(rna_NL[apart[0]])}: a cold-rna split by them would leak. "
            "Leave the clusters out, and they are computed."
        )


def _check_letters(rows: Rows, most: float) -> None:
    """Refuse windows that are mostly N: a model would learn their labels, and nothing of RNA."""
    share_N = n_share(rows.rna_NL)
    above = np.flatnonzero(share_N > most)
    if len(above):
        first = int(above[0])
        raise UserError(
            f"{rows.origin.place(first)}: {share_N[first]:.0%} of the window's letters are N; "
            f"{len(above):,} of {len(share_N):,} windows have more than {most:.0%}, which "
            "--max-n-share allows. Remove them, or allow a larger share."
        )


def _with_n(rna_NL: NDArray[np.uint8]) -> dict[str, int]:
    """Count the windows that have N, and those that are mostly N."""
    share_N = n_share(rna_NL)
    counts = {
        "windows_with_n": int(np.count_nonzero(share_N)),
        "windows_mostly_n": int(np.count_nonzero(share_N > MOST_N)),
    }
    return {what: count for what, count in counts.items() if count}


def _finish(
    rows: Rows,
    table: ProteinTable,
    options: ImportOptions,
    importer: str,
    arguments: dict[str, Any],
) -> ImportReport:
    _check_letters(rows, options.max_n_share)
    sequences = table.sequences_of(rows.names, rows.protein_N, rows.origin)
    remarks = spelling_remarks(table.found_by_other_name(rows.names), rows.names)
    rows, sequences = merge_spellings(rows, sequences)
    proteins = _proteins(rows.names, sequences, options.protein_clusters)
    kept, decisions = resolve_conflicts(rows, options.on_conflict)
    decisions |= _with_n(kept.rna_NL)
    cluster_N, how = kept.cluster_N, "given"
    if cluster_N is not None:
        _check_given(kept.rna_NL, cluster_N)
    if cluster_N is None:
        cluster_N = overlap_clusters(kept.rna_NL, options.k, _part(options.progress, 30, 90))
        how = f"shared {options.k}-mer"
    dataset = write_dataset(
        options.out,
        Windows(kept.rna_NL, kept.label_N, kept.protein_N, cluster_N),
        proteins,
        MadeBy(
            importer=importer,
            arguments=arguments
            | {
                "on_conflict": options.on_conflict,
                "clusters": how,
                "protein_clusters": options.homology,
            },
            sources=rows.sources | {f"proteins/{table.path.name}": table.file_hash},
            decisions=decisions,
        ),
        origin=kept.origin,
    )
    options.progress(100, 100)
    remarks += class_remarks(rows.names, kept.protein_N, kept.label_N)
    return ImportReport(dataset, len(rows.label_N), decisions, remarks)


def _proteins(
    names: Sequence[str], sequences: Sequence[str], clusters: ProteinClusters
) -> list[Protein]:
    genes = [gene_of(name) for name in names]
    found = clusters([key(gene) for gene in genes], sequences)
    return [
        Protein(id=name, gene=gene, sequence=sequence, cluster=int(cluster))
        for name, gene, sequence, cluster in zip(names, genes, sequences, found, strict=True)
    ]


def _part(progress: Progress, start: int, stop: int) -> Progress:
    """Return a progress that moves the whole one from `start` to `stop` of 100."""
    return lambda done, total: progress(start + (stop - start) * done // total, 100)
