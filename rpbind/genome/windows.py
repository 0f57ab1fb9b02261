"""From peaks to windows of one length. Shapes: N peaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.coordinates import Coordinates
from rpbind.genome.annotation import Annotation
from rpbind.genome.peak_files import UNKNOWN
from rpbind.genome.peaks import Peaks
from rpbind.genome.reference import Genome
from rpbind.genome.settings import PeakSettings
from rpbind.genome.spans import Spans
from rpbind.reading.refuse import refuse_lines


def window_spans(peaks: Peaks, settings: PeakSettings) -> Spans:
    """Return a window for each peak; some may cross the end of their chromosome.

    Parameters
    ----------
    peaks
        The peaks.
    settings
        Width and centre of the windows.

    Returns
    -------
    Spans
        N windows. Those on the two strands are mirror images of each other.

    Raises
    ------
    UserError
        If the summit is asked for and a peak has none.
    """
    spans, half = peaks.spans, settings.width // 2
    minus_N = spans.strand_N == 1
    centre_N = _centres(peaks, settings.centre)
    start_N = np.where(minus_N, centre_N + half - settings.width + 1, centre_N - half)
    return Spans(spans.chromosome_N, start_N, start_N + settings.width, spans.strand_N)


def _centres(peaks: Peaks, centre: str) -> NDArray[np.int64]:
    """Return the nucleotide that each window is centred on."""
    spans = peaks.spans
    minus_N = spans.strand_N == 1
    if centre == "5prime":
        return np.where(minus_N, spans.end_N - 1, spans.start_N)
    if centre == "summit":
        lacking = np.flatnonzero(peaks.summit_N == UNKNOWN)
        if len(lacking):
            here = lacking[peaks.file_N[lacking] == peaks.file_N[lacking[0]]]
            refuse_lines(
                peaks.files[peaks.file_N[lacking[0]]],
                peaks.line_N[here].tolist(),
                "the peak has no summit (column 10 of narrowPeak, from 0)",
                "Give --centre midpoint or --centre 5prime.",
            )
        return peaks.summit_N
    return (spans.start_N + spans.end_N - minus_N) // 2


def within(spans: Spans, genome: Genome) -> NDArray[np.bool_]:
    """Find the intervals that do not cross an end of their chromosome."""
    inside: NDArray[np.bool_] = spans.start_N >= 0
    return inside & (spans.end_N <= genome.sizes_C[spans.chromosome_N])


def middles(spans: Spans) -> NDArray[np.int64]:
    """Return the nucleotide in the middle of each interval, mirrored on the minus strand."""
    return (spans.start_N + spans.end_N - (spans.strand_N == 1)) // 2


def coordinates_of(spans: Spans, genome: Genome, annotation: Annotation | None) -> Coordinates:
    """Return the coordinates of windows, with gene and region type of their middle.

    Parameters
    ----------
    spans
        The windows.
    genome
        The genome.
    annotation
        Its genes; None if they are not known.

    Returns
    -------
    Coordinates
        What a dataset keeps.
    """
    unknown_N = np.full(len(spans), -1, dtype=np.int32)
    gene_N, region_N = unknown_N, unknown_N.astype(np.int8)
    genes: tuple[str, ...] = ()
    if annotation is not None:
        gene_N, region_N = annotation.at(spans.chromosome_N, spans.strand_N, middles(spans))
        genes = annotation.genes
    return Coordinates(
        genome.names,
        spans.chromosome_N,
        spans.start_N.astype(np.int32),
        spans.end_N.astype(np.int32),
        spans.strand_N,
        genes,
        gene_N,
        region_N,
    )
