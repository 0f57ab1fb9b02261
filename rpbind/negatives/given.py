"""Negatives of the rule given: windows of files of unbound sites. Shapes: N rows, M sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.files.spill import stacked
from rpbind.genome.peaks import Peaks, read_peaks
from rpbind.genome.sites import Reference, windows_of
from rpbind.genome.spans import Spans, clusters, joined, overlapping
from rpbind.genome.windows import coordinates_of
from rpbind.importers.sources import Rows
from rpbind.negatives.rules import NegativeRule
from rpbind.negatives.settings import PeakImportSettings


def with_given(
    rows: Rows,
    spans: Spans,
    raw: Peaks,
    files: Sequence[Path],
    rule: NegativeRule,
    settings: PeakImportSettings,
    reference: Reference,
) -> tuple[Rows, dict[str, int]]:
    """Add windows of files of unbound sites to bound windows.

    Parameters
    ----------
    rows, spans
        The bound windows, and their places.
    raw
        Every peak that was read; an unbound site keeps its distance from those of its protein.
    files
        Files of unbound sites, named like those of the peaks.
    rule
        The distance.
    settings
        How sites become windows.
    reference
        The genome.

    Returns
    -------
    tuple[Rows, dict[str, int]]
        All rows, and counts of what was left out.

    Raises
    ------
    UserError
        If a file cannot be used, is of another protein, or no site is far enough.
    """
    sites, hashes, _ = read_peaks(
        files, settings, reference.genome, reference.annotation, lambda done, total: None
    )
    reference.sources.update({f"unbound/{name}": found for name, found in hashes.items()})
    other = sorted(set(sites.proteins) - set(rows.names))
    if other:
        raise UserError(
            f"--unbound has sites of {other[0]} and {len(other) - 1:,} more proteins that have no "
            f"peaks; those with peaks are {', '.join(rows.names[:5])}. Name its files after these."
        )
    index = np.array([rows.names.index(name) for name in sites.proteins], dtype=np.int32)
    unbound, places, dropped = windows_of(
        replace(sites, protein_N=index[sites.protein_N], proteins=rows.names),
        settings,
        reference,
        0,
    )
    far_N = np.ones(len(places), dtype=bool)
    for protein in range(len(rows.names)):
        mine = np.flatnonzero(unbound.protein_N == protein)
        own = raw.spans.take(np.flatnonzero(raw.protein_N == protein)).wider(rule.distance)
        far_N[mine] = ~overlapping(places.take(mine), own)
    if not far_N.any():
        raise UserError("Every unbound site is too near to a peak. Give a smaller --distance.")
    unbound, places = unbound.take(np.flatnonzero(far_N)), places.take(np.flatnonzero(far_N))
    both = joined([spans, places])
    names = [*rows.origin.files, *(f"unbound/{file}" for file in unbound.origin.files)]
    file_M = unbound.origin.file_N + len(rows.origin.files)
    joint = replace(
        rows,
        rna_NL=stacked([rows.rna_NL, unbound.rna_NL]),
        label_N=np.concatenate([rows.label_N, unbound.label_N]),
        protein_N=np.concatenate([rows.protein_N, unbound.protein_N]),
        origin=Origin(
            names,
            np.concatenate([rows.origin.file_N, file_M]),
            np.concatenate([rows.origin.row_N, unbound.origin.row_N]),
        ),
        coordinates=coordinates_of(both, reference.genome, reference.annotation),
        linked_N=clusters(both),
    )
    near = int((~far_N).sum())
    counts = {f"unbound_{what}": count for what, count in dropped.items()}
    return joint, counts | ({"unbound_sites_near_peaks_dropped": near} if near else {})
