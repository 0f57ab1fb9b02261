"""Finds windows that a source lists twice for one protein: duplicates and contradictions.

Shapes: N windows, G groups of equal window and protein.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rpbind.data.distinct import first_equal
from rpbind.errors import UserError
from rpbind.importers.sources import Rows

OnConflict = Literal["error", "drop"]


def resolve_conflicts(rows: Rows, on_conflict: OnConflict) -> tuple[Rows, dict[str, int]]:
    """Return the rows without repeated windows of a protein, and the counts of dropped rows.

    A window repeated with the same label is a duplicate, of which `drop` keeps the first row. A
    window with both labels is a contradiction, of which `drop` keeps no row. `error` raises
    `UserError` with both places of the first such window; `drop` raises it if no row is left.
    """
    key_N = first_equal(rows.rna_NL) * len(rows.names) + rows.protein_N
    _, first_G, group_N, size_G = np.unique(
        key_N, return_index=True, return_inverse=True, return_counts=True
    )
    first_N = first_G[group_N]
    again = np.flatnonzero(first_N != np.arange(len(key_N)))
    if len(again) and on_conflict == "error":
        raise UserError(_explain(rows, int(first_N[again[0]]), int(again[0])))
    positives_G = np.bincount(group_N, weights=rows.label_N)
    contradicts_N = ((positives_G > 0) & (positives_G < size_G))[group_N]
    if contradicts_N.all():
        raise UserError(
            f"Nothing is left to import: the source has {len(key_N):,} rows, and each contradicts "
            f"another row of the same window and protein ({len(size_G):,} of them, the first at "
            f"{rows.origin.place(0)}). Correct the labels in the source."
        )
    keep_N = ~contradicts_N
    keep_N[again] = False
    dropped = {
        "duplicates_dropped": int((~contradicts_N[again]).sum()),
        "contradictions_dropped": int(contradicts_N.sum()),
    }
    return (rows.take(np.flatnonzero(keep_N)) if len(again) else rows), dropped


def _explain(rows: Rows, first: int, again: int) -> str:
    same = rows.label_N[first] == rows.label_N[again]
    return (
        f"{rows.origin.place(again)}: this repeats the window of {rows.origin.place(first)} for "
        f"protein {rows.names[rows.protein_N[again]]}, with "
        f"{'the same' if same else 'the other'} label. Correct the source, or import with "
        "--on-conflict drop, which keeps the first of duplicates and no contradictory row."
    )
