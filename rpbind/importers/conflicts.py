"""Finds windows that a source lists twice for one protein: duplicates and contradictions.

Shapes: N windows, M of them, G groups of equal window and protein.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rpbind.data.distinct import first_equal
from rpbind.errors import UserError
from rpbind.files.spill import blocks
from rpbind.importers.sources import Rows

OnConflict = Literal["error", "drop"]


def resolve_conflicts(rows: Rows, on_conflict: OnConflict) -> tuple[Rows, dict[str, int]]:
    """Return the rows without repeated windows of a protein, and the counts of dropped rows.

    A window repeated with the same label is a duplicate, of which `drop` keeps the first row. A
    window with both labels is a contradiction, of which `drop` keeps no row. `error` raises
    `UserError` with both places of the first such window; `drop` raises it if no row is left.
    """
    first_N, n = first_equal(rows.rna_NL), len(rows.label_N)
    keep_N = np.ones(n, dtype=bool)
    contradicts_N = np.zeros(n, dtype=bool)
    pairs, again, first_of_again = 0, n, n  # the first repeated row, and what it repeats
    for some in blocks(n):
        # equal windows are compared together: those whose first one is in this block
        mine_M = np.flatnonzero((first_N >= some.start) & (first_N < some.stop))
        key_M = first_N[mine_M] * len(rows.names) + rows.protein_N[mine_M]
        _, first_G, group_M, size_G = np.unique(
            key_M, return_index=True, return_inverse=True, return_counts=True
        )
        pairs += len(size_G)
        repeats_M = first_G[group_M] != np.arange(len(mine_M))
        keep_N[mine_M[repeats_M]] = False
        positives_G = np.bincount(group_M, weights=rows.label_N[mine_M])
        contradicts_N[mine_M] = ((positives_G > 0) & (positives_G < size_G))[group_M]
        if repeats_M.any() and mine_M[repeats_M][0] < again:
            again = int(mine_M[repeats_M][0])
            first_of_again = int(mine_M[first_G[group_M[repeats_M][0]]])
    if again < n and on_conflict == "error":
        raise UserError(_explain(rows, first_of_again, again))
    if contradicts_N.all():
        raise UserError(
            f"Nothing is left to import: the source has {n:,} rows, and each contradicts "
            f"another row of the same window and protein ({pairs:,} of them, the first at "
            f"{rows.origin.place(0)}). Correct the labels in the source."
        )
    dropped = {
        "duplicates_dropped": int((~keep_N & ~contradicts_N).sum()),
        "contradictions_dropped": int(contradicts_N.sum()),
    }
    kept = np.flatnonzero(keep_N & ~contradicts_N) if again < n else None
    return (rows if kept is None else rows.take(kept)), dropped


def _explain(rows: Rows, first: int, again: int) -> str:
    same = rows.label_N[first] == rows.label_N[again]
    return (
        f"{rows.origin.place(again)}: this repeats the window of {rows.origin.place(first)} for "
        f"protein {rows.names[rows.protein_N[again]]}, with "
        f"{'the same' if same else 'the other'} label. Correct the source, or import with "
        "--on-conflict drop, which keeps the first of duplicates and no contradictory row."
    )
