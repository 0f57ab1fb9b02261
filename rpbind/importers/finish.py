"""Makes a dataset from the rows of a source: checks, proteins, overlap clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import MOST_N
from rpbind.data.clusters import Progress, joined, overlap_clusters, silent
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset
from rpbind.errors import UserError
from rpbind.importers.checks import check_clusters, count_n, length_remarks, with_letters
from rpbind.importers.conflicts import OnConflict, resolve_conflicts
from rpbind.importers.fit_rows import fit_rows
from rpbind.importers.remarks import (
    class_remarks,
    merge_spellings,
    spelling_remarks,
    without_names,
)
from rpbind.importers.rows import RowRules
from rpbind.importers.sources import Rows
from rpbind.names import key
from rpbind.naming.names_table import place_of, read_names, save_proposals, with_names
from rpbind.naming.protein_table import ProteinTable
from rpbind.proteins.experiments import shared_sequence_note
from rpbind.reading.fitting import Fit
from rpbind.splitting.saved import saved_remarks

ProteinClusters = Callable[[Sequence[str], Sequence[str]], NDArray[np.int32]]
"""Maps genes and sequences to protein clusters; equal genes are always in one cluster."""


@dataclass(frozen=True)
class ImportOptions:
    """What every importer needs besides its source.

    Parameters
    ----------
    proteins
        FASTA file of the proteins.
    out
        Folder of the new dataset.
    protein_clusters
        Computes the protein clusters.
    homology
        Name of that method, for the manifest.
    on_conflict
        Repeated windows of a protein: `error` refuses them, `drop` keeps the first of duplicates
        and no contradictory row.
    k
        Letters per k-mer of the overlap clusters, if the source has no clusters.
    max_n_share
        A window with a larger share of N is refused, or dropped.
    rules
        How labels are read, and what happens to rows that cannot be read.
    names
        Table that says which protein each name means; None for what the names say themselves.
    progress
        Called with the percentage done, and 100.
    fit, width
        What is kept of windows longer than `width`; None to leave all as they are.
    """

    proteins: Path
    out: Path
    protein_clusters: ProteinClusters
    homology: str = "as given"
    on_conflict: OnConflict = "error"
    k: int = 31
    max_n_share: float = MOST_N
    rules: RowRules = field(default_factory=RowRules)
    names: Path | None = None
    progress: Progress = silent
    fit: Fit | None = None
    width: int | None = None


@dataclass(frozen=True)
class ImportReport:
    """The result of an import.

    Parameters
    ----------
    dataset
        The new dataset.
    rows_read
        Rows in the sources.
    decisions
        Counts of the rows that were dropped, and of windows with N.
    remarks
        Sentences about proteins and labels that the user should check.
    """

    dataset: Dataset
    rows_read: int
    decisions: dict[str, int]
    remarks: tuple[str, ...] = ()


def finish_import(
    rows: Rows,
    table: ProteinTable,
    options: ImportOptions,
    importer: str,
    arguments: dict[str, Any],
    negatives: str = "as-given",
) -> ImportReport:
    """Check the rows of a source, and write the dataset.

    Parameters
    ----------
    rows
        The rows.
    table
        The proteins.
    options
        Output and checks.
    importer
        The importer's name.
    arguments
        Its arguments, for the manifest.
    negatives
        The method that made the rows with label 0.

    Returns
    -------
    ImportReport
        The new dataset.

    Raises
    ------
    UserError
        If a window or a protein cannot be used.
    """
    rows_read = len(rows.label_N) + sum(rows.decisions.values())
    rows, fitted = fit_rows(rows, options.width, options.fit)
    of_lengths = length_remarks(rows)
    names = read_names(options.names, table)
    table = with_names(table, names, options.out)
    rows, few_letters = with_letters(rows, options.max_n_share, options.rules.bad_rows)
    rows, left_out = without_names(rows, names.left_out)
    try:
        sequences = table.sequences_of(rows.names, rows.protein_N, rows.origin)
    except UserError:
        save_proposals(options.out, table, rows.names, rows.protein_N)
        raise
    remarks = rows.remarks + of_lengths
    if found := table.found_by_other_name(rows.names):
        save_proposals(options.out, table, rows.names, rows.protein_N)
        remarks += spelling_remarks(found, rows.names)
        remarks += (f"{place_of(options.out)} has all names; --names takes it back, corrected.",)
    rows, sequences = merge_spellings(rows, sequences)
    genes = [names.gene_of(name, table) for name in rows.names]
    proteins = _proteins(rows.names, genes, sequences, options.protein_clusters)
    kept, decisions = resolve_conflicts(rows, options.on_conflict)
    decisions = rows.decisions | fitted | left_out | few_letters | decisions | count_n(kept.rna_NL)
    cluster_N, method = kept.cluster_N, "given"
    if cluster_N is not None:
        check_clusters(kept.rna_NL, cluster_N)
    if cluster_N is None:
        cluster_N = overlap_clusters(
            kept.rna_NL,
            options.k,
            lambda done, total: options.progress(30 + 60 * done // total, 100),
        )
        method = f"shared {options.k}-mer"
        if kept.linked_N is not None:
            cluster_N = joined(cluster_N, kept.linked_N)
            method += " or tiles of one window" if fitted else " or overlap in the genome"
    dataset = write_dataset(
        options.out,
        Windows(kept.rna_NL, kept.label_N, kept.protein_N, cluster_N, kept.coordinates),
        proteins,
        MadeBy(
            importer=importer,
            arguments=arguments
            | {
                "on_conflict": options.on_conflict,
                "clusters": method,
                "protein_clusters": options.homology,
            },
            sources=rows.sources | {f"proteins/{table.path.name}": table.file_hash} | names.sources,
            decisions=decisions,
        ),
        negatives=negatives,
        origin=kept.origin,
        headers=table.headers_of(rows.names),
    )
    options.progress(100, 100)
    if kept.part_N is not None:
        remarks += saved_remarks(dataset, kept.part_N, kept.folds)
    if note := shared_sequence_note(rows.names, sequences):
        remarks += (note,)
    remarks += class_remarks(rows.names, kept.protein_N, kept.label_N)
    return ImportReport(dataset, rows_read, decisions, remarks)


def _proteins(
    names: Sequence[str],
    genes: Sequence[str],
    sequences: Sequence[str],
    clusters: ProteinClusters,
) -> list[Protein]:
    found = clusters([key(gene) for gene in genes], sequences)
    return [
        Protein(id=name, gene=gene, sequence=sequence, cluster=int(cluster))
        for name, gene, sequence, cluster in zip(names, genes, sequences, found, strict=True)
    ]
