"""Which peaks count: filters, replicates, merging. Shapes: N peaks, G groups of peaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rpbind.errors import UserError
from rpbind.genome.peaks import Peaks
from rpbind.genome.settings import PeakSettings
from rpbind.genome.spans import Spans, clusters, overlapping
from rpbind.reading.refuse import refuse_lines


def chosen(peaks: Peaks, settings: PeakSettings) -> tuple[Peaks, dict[str, int]]:
    """Return the peaks that pass the filters, are reproduced, and are merged.

    Parameters
    ----------
    peaks
        All peaks.
    settings
        Filters, replicates and merging.

    Returns
    -------
    tuple[Peaks, dict[str, int]]
        At least one peak, in the order of files and lines; and counts of the others.

    Raises
    ------
    UserError
        If a peak has no value to filter by, or none is left.
    """
    counts = {}
    kept, counts["peaks_filtered"] = _filtered(peaks, settings)
    kept, counts["peaks_not_reproduced"] = _reproduced(kept, settings.min_replicates)
    kept, counts["peaks_merged"] = _merged(kept, settings.merge_distance)
    return kept, {what: count for what, count in counts.items() if count}


def _filtered(peaks: Peaks, settings: PeakSettings) -> tuple[Peaks, int]:
    keep_N = np.ones(len(peaks.spans), dtype=bool)
    for option, limit, value_N in (
        ("--min-score", settings.min_score, peaks.score_N),
        ("--max-p", settings.max_p, peaks.p_N),
    ):
        if limit is None:
            continue
        lacking = np.flatnonzero(np.isnan(value_N))
        if len(lacking):
            here = peaks.file_N[lacking] == peaks.file_N[lacking[0]]
            column = "--score-column" if option == "--min-score" else "--p-column and --p-scale"
            refuse_lines(
                peaks.files[peaks.file_N[lacking[0]]],
                peaks.line_N[lacking[here]].tolist(),
                f"{option} has no value to filter by",
                f"Name its column with {column}, or leave {option} out.",
            )
        least = limit if option == "--min-score" else -np.log10(max(limit, 1e-300))
        keep_N &= value_N >= least - 1e-12
    if not keep_N.any():
        raise UserError("No peak passes --min-score and --max-p. Give weaker limits.")
    return peaks.take(keep_N), int((~keep_N).sum())


def _reproduced(peaks: Peaks, least: int) -> tuple[Peaks, int]:
    """Keep the peaks that peaks of other files of their protein overlap, `least` files in all."""
    if least == 1:
        return peaks, 0
    files_N = np.ones(len(peaks.spans), dtype=np.int64)
    for protein, name in enumerate(peaks.proteins):
        mine_N = peaks.protein_N == protein
        files = np.unique(peaks.file_N[mine_N]).tolist()
        if len(files) < least:
            raise UserError(
                f"--min-replicates {least}: {name} has {len(files)} file(s) with peaks. Give its "
                "other replicates, or a smaller number; --name-pattern must give replicates one "
                "name."
            )
        for file in files:
            others = np.flatnonzero(mine_N & (peaks.file_N != file))
            theirs = peaks.spans.take(np.flatnonzero(mine_N & (peaks.file_N == file)))
            files_N[others] += overlapping(peaks.spans.take(others), theirs)
    keep_N = files_N >= least
    if not keep_N.any():
        raise UserError(f"--min-replicates {least}: no peaks of a protein's files overlap.")
    return peaks.take(keep_N), int((~keep_N).sum())


def _merged(peaks: Peaks, distance: int) -> tuple[Peaks, int]:
    """Merge peaks of a protein; the summit, score and line are those of the best of them."""
    if distance < 0:
        return peaks, 0
    groups, offset = np.empty(len(peaks.spans), dtype=np.int64), 0
    for protein in range(len(peaks.proteins)):
        mine = np.flatnonzero(peaks.protein_N == protein)
        groups[mine] = offset + clusters(peaks.spans.take(mine), distance)
        offset += len(mine)
    score_N = np.nan_to_num(peaks.score_N, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    order_N = np.lexsort((np.arange(len(groups)), -score_N, groups))
    _, best = np.unique(groups[order_N], return_index=True)
    best_G = order_N[best]
    _, group_N = np.unique(groups, return_inverse=True)
    start_G, end_G = peaks.spans.start_N[best_G].copy(), peaks.spans.end_N[best_G].copy()
    np.minimum.at(start_G, group_N, peaks.spans.start_N)
    np.maximum.at(end_G, group_N, peaks.spans.end_N)
    whole = peaks.take(best_G)
    spans = Spans(whole.spans.chromosome_N, start_G, end_G, whole.spans.strand_N)
    in_order = np.argsort(best_G)
    return replace(whole, spans=spans).take(in_order), len(groups) - len(best_G)
