"""Makes the negatives of a rule, and joins them with the bound windows into rows of a dataset.

Shapes: B bound windows, M negatives, N rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.clusters import by_first_appearance, joined
from rpbind.data.distinct import first_equal
from rpbind.errors import UserError
from rpbind.files.spill import stacked, taken
from rpbind.genome.spans import Spans, clusters
from rpbind.genome.spans import joined as together
from rpbind.negatives.borrowed import borrowed
from rpbind.negatives.bound import Bound, Drawn
from rpbind.negatives.density import FLAGGED, density_auroc
from rpbind.negatives.moved import moved
from rpbind.negatives.rules import NegativeRule
from rpbind.negatives.sample import Draws
from rpbind.negatives.shuffle import shuffled_windows
from rpbind.negatives.units import Landscape

Peaks = tuple[Spans, NDArray[np.int32]]
"""Every peak that was read, and its protein."""


def draw(
    bound: Bound, rule: NegativeRule, peaks: Peaks | None, land: Landscape | None
) -> tuple[Drawn, dict[str, int]]:
    """Make the negatives of a rule.

    Parameters
    ----------
    bound
        The bound windows.
    rule
        The rule; not "given", whose negatives are read from files.
    peaks
        What negatives keep their distance from; None if places are not known.
    land
        Where negatives may lie; only for same-gene.

    Returns
    -------
    tuple[Drawn, dict[str, int]]
        The negatives, and counts of what was left out.

    Raises
    ------
    UserError
        If the rule cannot be used on these windows, or finds no negative.
    """
    if rule.rule == "same-gene":
        if land is None or bound.spans is None:
            raise UserError(
                "Negatives of the same gene need windows with genome coordinates, --genome, and "
                "--gtf with the genes. Give them, or use other-proteins or shuffled negatives."
            )
        drawn = moved(bound, rule, land)
    elif rule.rule == "other-proteins":
        if len(np.unique(bound.protein_B)) < 2:
            raise UserError(
                "Negatives from other proteins need windows of several proteins; there is one. Use "
                "same-gene or shuffled negatives."
            )
        drawn = borrowed(bound, rule, *(peaks or (None, None)))
    else:
        drawn = _shuffled(bound, rule)
    expected = rule.ratio * len(bound.protein_B)
    drawn, equal = _without_equal(bound, drawn)
    if not len(drawn.source_M):
        raise UserError(
            f"No {rule.rule} negative was found for {len(bound.protein_B):,} bound windows. Give a "
            "smaller --distance, --match none, or another rule."
        )
    left_out = int((~drawn.kept_B).sum())
    missing = expected - rule.ratio * left_out - len(drawn.source_M) - equal
    counts = {
        "bound_windows_without_negatives_dropped": left_out,
        "negatives_not_found": missing,
        "negatives_equal_to_other_windows_dropped": equal,
    }
    return drawn, {what: count for what, count in counts.items() if count}


def _shuffled(bound: Bound, rule: NegativeRule) -> Drawn:
    source_M = np.tile(np.arange(len(bound.protein_B)), rule.ratio)
    rna_ML, is_new_M = shuffled_windows(taken(bound.rna_BL, source_M), Draws("shuffled", rule.seed))
    source_M = source_M[is_new_M]
    spans = None if bound.spans is None else bound.spans.take(source_M)
    kept_B = np.ones(len(bound.protein_B), dtype=bool)
    return Drawn(source_M, source_M, kept_B, taken(rna_ML, np.flatnonzero(is_new_M)), spans)


def _without_equal(bound: Bound, drawn: Drawn) -> tuple[Drawn, int]:
    """Leave out negatives whose letters another window of their protein has."""
    n = len(bound.protein_B)
    same_N = first_equal(stacked([bound.rna_BL, drawn.rna_ML]))
    protein_N = np.concatenate([bound.protein_B, bound.protein_B[drawn.source_M]])
    key_N = same_N * (int(protein_N.max()) + 1) + protein_N
    is_first_N = np.zeros(len(key_N), dtype=bool)
    is_first_N[np.unique(key_N, return_index=True)[1]] = True
    keep = np.flatnonzero(is_first_N[n:])
    kept = Drawn(
        drawn.source_M[keep],
        drawn.origin_M[keep],
        drawn.kept_B,
        taken(drawn.rna_ML, keep),
        None if drawn.spans is None else drawn.spans.take(keep),
    )
    return kept, len(drawn.source_M) - len(keep)


def all_spans(bound: Bound, drawn: Drawn) -> Spans | None:
    """Return the places of the bound windows that stay, and of the negatives after them."""
    if bound.spans is None or drawn.spans is None:
        return None
    return together([bound.spans.take(np.flatnonzero(drawn.kept_B)), drawn.spans])


def linked(bound: Bound, drawn: Drawn, rule: NegativeRule) -> NDArray[np.int32]:
    """Return which rows must be in one overlap cluster.

    Rows whose places overlap are, and so are a shuffled or borrowed window and the window whose
    letters or place it has. A moved window is with its neighbours only.

    Parameters
    ----------
    bound, drawn, rule
        Bound windows, negatives, and their rule.

    Returns
    -------
    NDArray[np.int32]
        (N,) group of each row: of the bound windows that stay, then of the negatives.
    """
    kept = np.flatnonzero(drawn.kept_B)
    alone_M = len(bound.cluster_B) + int(bound.cluster_B.max()) + np.arange(len(drawn.source_M))
    with_M = alone_M if rule.rule in ("same-gene", "given") else bound.cluster_B[drawn.origin_M]
    group_N = by_first_appearance(np.concatenate([bound.cluster_B[kept], with_M]))
    spans = all_spans(bound, drawn)
    return group_N if spans is None else joined(group_N, clusters(spans))


def density_remark(
    label_N: NDArray[np.uint8], protein_N: NDArray[np.int32], cluster_N: NDArray[np.int32]
) -> tuple[str, ...]:
    """Return a remark if the number of neighbours separates bound from unbound windows."""
    value = density_auroc(label_N, protein_N, cluster_N)
    if np.isnan(value) or abs(value - 0.5) <= FLAGGED:
        return ()
    return (
        f"The number of a protein's windows in a window's overlap cluster ranks them with a mean "
        f"AUROC of {value:.3f}, without a letter: negatives and bound windows differ in how they "
        "lie together. Match tiling to avoid it, or leave repeats out with --max-masked-share.",
    )
