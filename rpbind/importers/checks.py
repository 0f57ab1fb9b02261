"""Checks on the windows of a source: too many unknown letters, clusters that leak.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.counted import counted
from rpbind.data.alphabet import LONGEST, MOST_N, SHORTEST, decode, lengths, n_share
from rpbind.data.distinct import first_equal
from rpbind.errors import UserError
from rpbind.importers.rows import BadRows
from rpbind.importers.sources import Rows


def check_clusters(rna_NL: NDArray[np.uint8], cluster_N: NDArray[np.int32]) -> None:
    """Refuse clusters that separate equal windows: a cold-rna split by them would leak."""
    first_N = first_equal(rna_NL)
    apart = np.flatnonzero(cluster_N != cluster_N[first_N])
    if len(apart):
        raise UserError(
            f"The given overlap clusters separate {counted(len(apart), 'window')} from an equal "
            f"window (first {decode(rna_NL[apart[0]])}), so a cold-rna split would leak. "
            "Import without these clusters: they are then computed."
        )


def with_letters(rows: Rows, most: float, bad_rows: BadRows) -> tuple[Rows, dict[str, int]]:
    """Refuse or drop windows that are mostly N: a model can only memorise their labels.

    Parameters
    ----------
    rows
        The rows.
    most
        The largest share of N.
    bad_rows
        `error` refuses the others, `drop` leaves them out.

    Returns
    -------
    tuple[Rows, dict[str, int]]
        The rows that are left, and the count of the others.

    Raises
    ------
    UserError
        If a window has more N, or none is left.
    """
    share_N = n_share(rows.rna_NL)
    above_N = share_N > most
    above = np.flatnonzero(above_N)
    if not len(above):
        return rows, {}
    if bad_rows == "drop" and len(above) < len(above_N):
        counts = {"rows_mostly_n_dropped": len(above)}
        kept = rows.take(np.flatnonzero(~above_N))
        return kept, counts
    first = int(above[0])
    raise UserError(
        f"{rows.origin.place(first)}: {share_N[first]:.0%} of the window's letters are N; "
        f"{counted(len(above), 'window', len(share_N), 'have')} more than {most:.0%}, the limit of "
        "--max-n-share. Leave them out with --bad-rows drop, or raise the limit."
    )


def count_n(rna_NL: NDArray[np.uint8]) -> dict[str, int]:
    """Count the windows with N, and those that are mostly N."""
    share_N = n_share(rna_NL)
    counts = {
        "windows_with_n": int(np.count_nonzero(share_N)),
        "windows_mostly_n": int(np.count_nonzero(share_N > MOST_N)),
    }
    return {what: count for what, count in counts.items() if count}


def length_remarks(rows: Rows) -> tuple[str, ...]:
    """Check the lengths of windows that differ in length, and say what they are.

    Parameters
    ----------
    rows
        The rows of a source.

    Returns
    -------
    tuple[str, ...]
        One sentence, or none if all windows have one length.

    Raises
    ------
    UserError
        If they differ, and one has fewer than `SHORTEST` or more than `LONGEST` letters.
    """
    length_N = lengths(rows.rna_NL)
    each, first, count = np.unique(length_N, return_index=True, return_counts=True)
    if len(each) == 1:
        return ()
    usual = each[np.lexsort((first, -count))[0]]
    wrong_N = (length_N < SHORTEST) | (length_N > LONGEST)
    if wrong_N.any():
        wrong = np.flatnonzero(wrong_N & (length_N != usual))
        wrong = wrong if len(wrong) else np.flatnonzero(wrong_N)
        found = int(length_N[wrong[0]])
        expected = f"{usual:,}" if found != usual else "one length in all windows"
        fit = (
            f", or cut those that are too long with --fit centre --width {LONGEST}"
            if (length_N > LONGEST).any()
            else ""
        )
        raise UserError(
            f"{rows.origin.place(int(wrong[0]))}: the window has {found:,} letters; expected "
            f"{expected}, or {SHORTEST} to {LONGEST:,} where lengths differ. Cut or remove "
            f"{'it' if len(wrong) == 1 else f'it and {len(wrong) - 1:,} more'}{fit}."
        )
    return (
        f"Windows have {each[0]:,} to {each[-1]:,} nt; {count[each == usual][0]:,} of "
        f"{len(length_N):,} have {usual:,}. In batches, shorter ones are padded and masked.",
    )
