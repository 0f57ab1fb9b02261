"""Peaks of all files, placed on a genome. Shapes: N peaks, F files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.clusters import Progress
from rpbind.data.manifest import FileHash
from rpbind.errors import UserError
from rpbind.genome.annotation import NONE, Annotation
from rpbind.genome.experiments import proteins_by_pattern, proteins_by_table
from rpbind.genome.peak_files import PeakColumns, RawPeaks, read_peak_file
from rpbind.genome.reference import Genome
from rpbind.genome.settings import PeakSettings
from rpbind.genome.spans import Spans, joined
from rpbind.importers.sources import index_names
from rpbind.reading.refuse import refuse_lines, shortened

WRONG_BUILD = "Give the genome build that the peaks were called on"


@dataclass(frozen=True, eq=False)
class Peaks:
    """Peaks on a genome.

    Parameters
    ----------
    spans
        Where they are.
    summit_N
        (N,) position of the summit, or `peak_files.UNKNOWN`.
    score_N, p_N
        (N,) score, and p-value as -log10; NaN where there is none.
    protein_N
        (N,) index into `proteins`.
    file_N
        (N,) index into `files`.
    line_N
        (N,) line in the file, from 1.
    proteins, files
        Names of the proteins; paths of the files.
    """

    spans: Spans
    summit_N: NDArray[np.int64]
    score_N: NDArray[np.float64]
    p_N: NDArray[np.float64]
    protein_N: NDArray[np.int32]
    file_N: NDArray[np.int32]
    line_N: NDArray[np.int32]
    proteins: tuple[str, ...]
    files: tuple[Path, ...]

    def take(self, rows_M: NDArray[np.int64] | NDArray[np.bool_]) -> Peaks:
        """Return only these peaks."""
        return replace(
            self,
            spans=self.spans.take(rows_M),
            summit_N=self.summit_N[rows_M],
            score_N=self.score_N[rows_M],
            p_N=self.p_N[rows_M],
            protein_N=self.protein_N[rows_M],
            file_N=self.file_N[rows_M],
            line_N=self.line_N[rows_M],
        )


def read_peaks(
    files: Sequence[Path],
    settings: PeakSettings,
    genome: Genome,
    annotation: Annotation | None,
    progress: Progress,
) -> tuple[Peaks, dict[str, FileHash], dict[str, int]]:
    """Read peaks and place them on a genome; nothing is filtered yet but what the genome lacks.

    Parameters
    ----------
    files
        The files.
    settings
        How they are read.
    genome
        The genome.
    annotation
        Its genes, for `settings.strand` "gene".
    progress
        Called after each file.

    Returns
    -------
    tuple
        The peaks, the hash of each file, and counts of what was dropped.

    Raises
    ------
    UserError
        If a file cannot be read, or the genome is another one.
    """
    names = _check_files(files)
    titles = (
        proteins_by_table(files, settings.samples)
        if settings.samples is not None
        else proteins_by_pattern(files, settings.name_pattern)
    )
    proteins, protein_F = index_names(titles)
    columns = PeakColumns(settings.score_column, settings.p_column, settings.p_scale)
    raws, parts, dropped = [], [], 0
    for number, path in enumerate(files):
        raw = read_peak_file(path, columns, settings.strand)
        chromosome_N = genome.indices(raw.chromosomes)[raw.chromosome_N]
        on_N = _on_genome(raw, chromosome_N, genome, drops=settings.off_genome == "drop")
        dropped += int((~on_N).sum())
        strand_N = raw.strand_N if settings.strand != "gene" else raw.strand_N.copy()
        spans = Spans(chromosome_N, raw.start_N, raw.end_N, strand_N)
        parts.append(
            Peaks(
                spans, raw.summit_N, raw.score_N, raw.p_N,
                np.full(len(spans), protein_F[number], np.int32),
                np.full(len(spans), number, np.int32), raw.line_N, proteins, tuple(files),
            ).take(on_N)
        )  # fmt: skip
        raws.append(raw)
        progress(number + 1, len(files))
    peaks = _together(parts)
    decisions = {"peaks_off_genome_dropped": dropped}
    if settings.strand == "gene":
        peaks, decisions["peaks_without_one_strand_dropped"] = _by_gene(peaks, annotation)
    sources = {name: raw.file_hash for name, raw in zip(names, raws, strict=True)}
    return peaks, sources, {what: count for what, count in decisions.items() if count}


def _check_files(files: Sequence[Path]) -> list[str]:
    names = [file.name for file in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"Two files have the name {twice}. Give each file once; rename one of two.")
    return names


def _on_genome(
    raw: RawPeaks, chromosome_N: NDArray[np.int32], genome: Genome, *, drops: bool
) -> NDArray[np.bool_]:
    """Find the peaks that lie on the genome; refuse the others, unless they are dropped."""
    unknown_N = chromosome_N < 0
    if unknown_N.all():
        raise UserError(
            f"{raw.path} has peaks on {shortened(raw.chromosomes[0])} and others; {genome.path} "
            f"has none of them, but {shortened(genome.names[0])} and {len(genome.names) - 1:,} "
            f"more. {WRONG_BUILD}."
        )
    beyond_N = ~unknown_N & (raw.end_N > genome.sizes_C[chromosome_N])
    advice = f"{WRONG_BUILD}, or leave these peaks out with --off-genome drop."
    if not drops:
        for wrong_N, what in ((beyond_N, "beyond"), (unknown_N, "unknown")):
            rows = np.flatnonzero(wrong_N)
            if len(rows):
                name, end = raw.chromosomes[raw.chromosome_N[rows[0]]], int(raw.end_N[rows[0]])
                found = f"{genome.path} has no chromosome {shortened(name)}"
                if what == "beyond":
                    size = int(genome.sizes_C[chromosome_N[rows[0]]])
                    found = f"the peak ends at {end:,}, and {shortened(name)} has {size:,} nt"
                refuse_lines(raw.path, raw.line_N[rows].tolist(), found, advice)
    on_N: NDArray[np.bool_] = ~(unknown_N | beyond_N)
    if not on_N.any():
        raise UserError(f"{raw.path}: no peak lies on {genome.path}. {WRONG_BUILD}.")
    return on_N


def _together(parts: Sequence[Peaks]) -> Peaks:
    return replace(
        parts[0],
        spans=joined([part.spans for part in parts]),
        summit_N=np.concatenate([part.summit_N for part in parts]),
        score_N=np.concatenate([part.score_N for part in parts]),
        p_N=np.concatenate([part.p_N for part in parts]),
        protein_N=np.concatenate([part.protein_N for part in parts]),
        file_N=np.concatenate([part.file_N for part in parts]),
        line_N=np.concatenate([part.line_N for part in parts]),
    )


def _by_gene(peaks: Peaks, annotation: Annotation | None) -> tuple[Peaks, int]:
    """Give each peak the strand on which its midpoint has a gene, if that is one strand only."""
    if annotation is None:
        raise UserError("--strand gene needs --gtf, the annotation with the genes' strands.")
    spans = peaks.spans
    middle_N = (spans.start_N + spans.end_N) // 2
    plus_N, minus_N = (
        annotation.at(spans.chromosome_N, np.full(len(spans), strand, np.int8), middle_N)[0] != NONE
        for strand in (0, 1)
    )
    stranded = replace(
        peaks, spans=Spans(spans.chromosome_N, spans.start_N, spans.end_N, minus_N.astype(np.int8))
    ).take(plus_N != minus_N)
    if not len(stranded.spans):
        raise UserError(
            "--strand gene: no peak lies in a gene of one strand only. Give --strand + or -, or "
            "the annotation of this genome."
        )
    return stranded, len(spans) - len(stranded.spans)
