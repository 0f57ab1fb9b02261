"""Gives negatives to a dataset that was imported without.

Shapes: B bound windows, N rows.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rpbind.data.alphabet import MOST_N
from rpbind.data.clusters import joined, overlap_clusters
from rpbind.data.dataset import Dataset
from rpbind.data.manifest import WINDOWS, MadeBy
from rpbind.data.writer import Origin, Windows, write_dataset
from rpbind.errors import UserError
from rpbind.files.draft import scratch_folder
from rpbind.files.spill import blocks, stacked, taken
from rpbind.genome.annotation import NONE
from rpbind.genome.packages import check_installed
from rpbind.genome.sites import Reference, open_reference
from rpbind.genome.spans import Spans
from rpbind.genome.windows import coordinates_of, within
from rpbind.negatives.bound import Bound, Drawn
from rpbind.negatives.importing import labels, origins
from rpbind.negatives.make import all_spans, density_remark, draw, linked
from rpbind.negatives.rules import NegativeRule, NegativeSettings, make_rule
from rpbind.negatives.units import Landscape
from rpbind.splitting.carried import carry_splits


@dataclass(frozen=True)
class Added:
    """A dataset with negatives.

    Parameters
    ----------
    dataset
        The new dataset.
    decisions
        Counts of what was left out.
    remarks
        Sentences that the user should know.
    """

    dataset: Dataset
    decisions: dict[str, int]
    remarks: tuple[str, ...]


def add_negatives(
    dataset: Dataset,
    out: Path,
    rule: str,
    settings: NegativeSettings,
    genome: Path | None = None,
    gtf: Path | None = None,
) -> Added:
    """Write a new dataset: the bound windows of another one, and negatives for them.

    Parameters
    ----------
    dataset
        A dataset whose windows are all bound.
    out
        Folder of the new one.
    rule
        How negatives are made.
    settings
        The options of the rule.
    genome, gtf
        The genome of the windows and its annotation, for the rule same-gene.

    Returns
    -------
    Added
        The new dataset.

    Raises
    ------
    UserError
        If the dataset has negatives, the rule cannot be used on it, or the genome is another one.
    """
    with scratch_folder(out):
        return _added(dataset, out, rule, settings, genome, gtf)


def _added(
    dataset: Dataset,
    out: Path,
    rule: str,
    settings: NegativeSettings,
    genome: Path | None,
    gtf: Path | None,
) -> Added:
    _check_request(dataset, rule, genome, gtf)
    places, reference = dataset.coordinates, None
    spans = None
    if places is not None:
        check_installed()
        start_N, end_N = places.start_N.astype(np.int64), places.end_N.astype(np.int64)
        spans = Spans(places.chromosome_N, start_N, end_N, places.strand_N)
    region_B = None if places is None or (places.region_N < 0).all() else places.region_N
    if genome is not None and places is not None and spans is not None:
        reference = open_reference(genome, gtf)
        spans = _on_genome(dataset, spans, places.chromosomes, reference)
        region_B = coordinates_of(spans, reference.genome, reference.annotation).region_N
    chosen = make_rule(
        rule,
        settings,
        has_places=spans is not None,
        has_regions=region_B is not None,
        option="--rule",
    )
    bound = Bound(
        dataset.rna_NL, np.array(dataset.protein_N), np.array(dataset.cluster_N),
        spans, region_B,
    )  # fmt: skip
    peaks = None if spans is None else (spans, bound.protein_B)
    land = None
    if reference is not None and reference.annotation is not None and spans is not None:
        masked = float(dataset.manifest.made_by.arguments.get("max_masked_share", 1.0))
        land = Landscape(
            reference.genome, reference.annotation, spans, bound.protein_B, MOST_N, masked
        )
    drawn, decisions = draw(bound, chosen, peaks, land)
    made = _written(dataset, out, bound, drawn, chosen, reference, decisions)
    remarks = density_remark(made.label_N, made.protein_N, made.cluster_N)
    return Added(made, decisions, carry_splits(dataset, made) + remarks)


def _check_request(dataset: Dataset, rule: str, genome: Path | None, gtf: Path | None) -> None:
    if dataset.manifest.positives < len(dataset):
        raise UserError(
            f"{dataset.root} has {len(dataset) - dataset.manifest.positives:,} negatives already "
            f"({dataset.manifest.negatives}). Import it again without them, or keep them."
        )
    if rule == "given":
        raise UserError(
            "Given negatives belong to the import: rpbind import peaks --negatives given --unbound "
            "FILE, or a column with both labels in rpbind import table."
        )
    if rule == "same-gene" and (genome is None or gtf is None or dataset.coordinates is None):
        raise UserError(
            "Negatives of the same gene need --genome, --gtf, and a dataset with genome "
            "coordinates, as rpbind import peaks makes it. Give them, or use another rule."
        )
    if rule != "same-gene" and (genome is not None or gtf is not None):
        raise UserError(f"--genome and --gtf have no effect on {rule} negatives. Leave them out.")


def _on_genome(
    dataset: Dataset, spans: Spans, chromosomes: tuple[str, ...], reference: Reference
) -> Spans:
    """Return the places on this genome, after a check that it has the windows' letters there."""
    index = reference.genome.indices(chromosomes)
    used = np.unique(spans.chromosome_N)
    missing = [chromosomes[one] for one in used.tolist() if index[one] == NONE]
    advice = "Give the genome build that the dataset was imported with."
    if missing:
        raise UserError(
            f"{reference.genome.path} has no chromosome {missing[0]}, on which windows of "
            f"{dataset.root} lie. {advice}"
        )
    here = Spans(index[spans.chromosome_N], spans.start_N, spans.end_N, spans.strand_N)
    beyond = int((~within(here, reference.genome)).sum())
    if beyond:
        raise UserError(
            f"{beyond:,} of {len(here):,} windows of {dataset.root} end beyond their chromosome in "
            f"{reference.genome.path}: it is another genome build. {advice}"
        )
    cut_NL = reference.genome.cut(here)[0]
    other_N = np.zeros(len(here), dtype=bool)
    for part in blocks(len(here)):
        other_N[part] = (cut_NL[part] != dataset.rna_NL[part]).any(axis=1)
    if other_N.any():
        first = int(np.argmax(other_N))
        name = reference.genome.names[here.chromosome_N[first]]
        raise UserError(
            f"{reference.genome.path} has other letters than {int(other_N.sum()):,} of "
            f"{len(here):,} windows of {dataset.root}, the first at "
            f"{name}:{here.start_N[first]}-{here.end_N[first]}: it is another genome build. "
            f"{advice}"
        )
    return here


def _written(
    dataset: Dataset,
    out: Path,
    bound: Bound,
    drawn: Drawn,
    rule: NegativeRule,
    reference: Reference | None,
    decisions: dict[str, int],
) -> Dataset:
    kept = np.flatnonzero(drawn.kept_B)
    rna_NL = stacked([taken(bound.rna_BL, kept), drawn.rna_ML])
    row_N = np.concatenate([kept, drawn.origin_M])
    coordinates = dataset.coordinates and dataset.coordinates.take(row_N)
    places = all_spans(bound, drawn)
    if reference is not None and places is not None:
        coordinates = coordinates_of(places, reference.genome, reference.annotation)
    cluster_N = linked(bound, drawn, rule)
    before = dataset.manifest.made_by
    kmer = re.match(r"shared (\d+)-mer", str(before.arguments.get("clusters", "")))
    if kmer:
        cluster_N = joined(cluster_N, overlap_clusters(rna_NL, int(kmer[1])))
    sources = {WINDOWS: dataset.manifest.parts[WINDOWS]}
    if reference is not None:
        sources |= reference.sources
    made_by = MadeBy(
        importer="negatives",
        arguments={
            "of": dataset.id,
            "negatives": asdict(rule),
            "clusters": before.arguments.get("clusters", "given"),
        },
        sources=sources,
        decisions=decisions,
    )
    row = np.arange(1, len(dataset) + 1, dtype=np.int32)
    origin = Origin([WINDOWS], np.zeros(len(dataset), dtype=np.int32), row)
    protein_N = np.concatenate([bound.protein_B[kept], bound.protein_B[drawn.source_M]])
    return write_dataset(
        out,
        Windows(rna_NL, labels(drawn), protein_N, cluster_N, coordinates),
        dataset.proteins,
        made_by,
        negatives=rule.label,
        origin=origins(origin, drawn),
        parent=dataset.manifest,
    )
