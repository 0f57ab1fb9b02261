"""Bound windows of peaks: the letters of the transcribed strand, with coordinates and origin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.files.spill import taken
from rpbind.genome.annotation import Annotation
from rpbind.genome.gtf import read_gtf
from rpbind.genome.peaks import Peaks
from rpbind.genome.reference import Genome
from rpbind.genome.settings import PeakSettings
from rpbind.genome.spans import Spans, clusters
from rpbind.genome.windows import coordinates_of, window_spans, within
from rpbind.importers.sources import Rows


@dataclass(frozen=True, eq=False)
class Reference:
    """A genome with its genes.

    Parameters
    ----------
    genome
        The genome.
    annotation
        Its genes; None if they are not known.
    sources
        Hashes of the files.
    """

    genome: Genome
    annotation: Annotation | None
    sources: dict[str, FileHash]


def open_reference(path: Path, gtf: Path | None) -> Reference:
    """Open a genome, and read its annotation if there is one.

    Parameters
    ----------
    path
        FASTA of the genome.
    gtf
        Its annotation, or None.

    Returns
    -------
    Reference
        Both.

    Raises
    ------
    UserError
        If a file cannot be used, or they are of different genomes.
    """
    genome = Genome(path)
    sources = {f"genome/{path.name}": genome.file_hash()}
    if gtf is None:
        return Reference(genome, None, sources)
    features = read_gtf(gtf, genome)
    sources[f"annotation/{gtf.name}"] = features.file_hash
    return Reference(genome, Annotation(features), sources)


def windows_of(
    peaks: Peaks, settings: PeakSettings, reference: Reference, label: int
) -> tuple[Rows, Spans, dict[str, int]]:
    """Return a window for each peak.

    Parameters
    ----------
    peaks
        The peaks.
    settings
        Width, centre and limit of soft-masked letters.
    reference
        The genome.
    label
        1 for bound sites, 0 for unbound ones.

    Returns
    -------
    tuple[Rows, Spans, dict[str, int]]
        The windows with everything that a dataset keeps, their places, and counts of the windows
        that were dropped.

    Raises
    ------
    UserError
        If no window is left.
    """
    spans = window_spans(peaks, settings)
    inside_N = within(spans, reference.genome)
    peaks, spans = peaks.take(inside_N), spans.take(inside_N)
    rna_NL, masked_N = reference.genome.cut(spans)
    clear_N = masked_N <= settings.max_masked_share
    dropped = {
        "windows_beyond_chromosome_dropped": int((~inside_N).sum()),
        "windows_masked_dropped": int((~clear_N).sum()),
    }
    kept = np.flatnonzero(clear_N)
    if not len(kept):
        beyond, masked = dropped.values()
        raise UserError(
            f"No window is left: {beyond:,} cross the end of a chromosome, and {masked:,} are "
            "above --max-masked-share. Give a smaller --width or a larger share."
        )
    peaks, spans = peaks.take(kept), spans.take(kept)
    rows = Rows(
        rna_NL=taken(rna_NL, kept),
        label_N=np.full(len(kept), label, dtype=np.uint8),
        protein_N=peaks.protein_N,
        names=peaks.proteins,
        cluster_N=None,
        origin=Origin([file.name for file in peaks.files], peaks.file_N, peaks.line_N),
        sources=reference.sources,
        coordinates=coordinates_of(spans, reference.genome, reference.annotation),
        linked_N=clusters(spans),
    )
    return rows, spans, {what: count for what, count in dropped.items() if count}
