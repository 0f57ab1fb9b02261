"""Negatives of the rule other-proteins: windows that other proteins bind.

With `tiling`, a protein gets as many windows of another cluster as it has bound windows in its own.
Shapes: B bound windows, U units of one protein (its windows in one cluster), D donor rows, G donor
groups (clusters without the protein), K candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import LETTERS, lengths
from rpbind.data.distinct import first_equal
from rpbind.files.spill import blocks, taken
from rpbind.genome.spans import Spans, overlapping
from rpbind.negatives.bound import Bound, Drawn
from rpbind.negatives.rules import NegativeRule
from rpbind.negatives.sample import Draws

CANDIDATES, ROUNDS = 32, 6
_VISITS_FIRST = 3.0  # against the log of a size: one visit more is worse than twice the size
_GC_TOKENS = (LETTERS.index("C"), LETTERS.index("G"))


@dataclass(frozen=True, eq=False)
class _Features:
    """What is matched: of each bound window its region, the log of its cluster's size, its GC.

    `visits_C` counts how often a cluster has given negatives, and `proteins_C` its proteins. A
    cluster grows with each visit, so all should have equally many for each of their proteins.
    """

    region_B: NDArray[np.int64]
    size_B: NDArray[np.float64]
    gc_B: NDArray[np.float64]
    cluster_B: NDArray[np.int32]
    proteins_C: NDArray[np.int64]
    visits_C: NDArray[np.int64]

    def cost(self, own: int, other: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how different other windows of its region type are from a window."""
        cluster = self.cluster_B[other]
        return (
            _VISITS_FIRST * self.visits_C[cluster] / self.proteins_C[cluster]
            + np.abs(self.size_B[other] - self.size_B[own])
            + np.abs(self.gc_B[other] - self.gc_B[own])
        )


def borrowed(
    bound: Bound,
    rule: NegativeRule,
    peaks: Spans | None,
    protein_N: NDArray[np.int32] | None,
) -> Drawn:
    """Draw negatives among the windows that other proteins bind.

    Parameters
    ----------
    bound
        Bound windows of several proteins.
    rule
        Ratio, distance, matching and seed.
    peaks, protein_N
        Every peak that was read, and its protein; None if places are not known.

    Returns
    -------
    Drawn
        The negatives. With tiling, bound windows of a cluster that finds no partner are left out.
    """
    features, same_B = _features(bound, rule), first_equal(bound.rna_BL)
    is_tiled = "tiling" in rule.match
    sources, origins = [], []
    kept_B = np.ones(len(bound.protein_B), dtype=bool)
    for protein in np.unique(bound.protein_B).tolist():
        mine_B = bound.protein_B == protein
        usable = np.flatnonzero(_is_usable(bound, rule, protein, peaks, protein_N))
        usable = usable[~np.isin(same_B[usable], same_B[mine_B])]
        usable = usable[np.unique(same_B[usable], return_index=True)[1]]
        group_D = bound.cluster_B[usable] if is_tiled else usable
        place_D = usable if bound.spans is None else bound.spans.start_N[usable]
        order_D = np.lexsort((place_D, group_D))
        donors = _Donors(usable[order_D], group_D[order_D], features.region_B)
        draws = Draws(f"other-proteins {protein}", rule.seed)
        for unit in _units(bound, np.flatnonzero(mine_B), is_tiled, draws):
            found = [donors.take(unit, features, draws) for _ in range(rule.ratio)]
            complete = all(len(rows) for rows in found)
            kept_B[unit] = complete or not is_tiled
            if complete or not is_tiled:
                for rows in found:
                    sources.append(unit[: len(rows)])
                    origins.append(rows)
    nothing = np.zeros(0, dtype=np.int64)
    source_M, origin_M = (np.concatenate([nothing, *part]) for part in (sources, origins))
    spans = None if bound.spans is None else bound.spans.take(origin_M)
    return Drawn(source_M, origin_M, kept_B, taken(bound.rna_BL, origin_M), spans)


def _features(bound: Bound, rule: NegativeRule) -> _Features:
    zero_B = np.zeros(len(bound.protein_B))
    region_B, size_B, gc_B = zero_B.astype(np.int64), zero_B, zero_B
    if "region" in rule.match and bound.region_B is not None:
        region_B = bound.region_B.astype(np.int64)
    if "tiling" in rule.match:
        size_B = np.log(np.bincount(bound.cluster_B)[bound.cluster_B])
    if "gc" in rule.match:
        gc_B = np.empty(len(zero_B))
        for part in blocks(len(gc_B)):
            gc_BL = np.isin(bound.rna_BL[part], _GC_TOKENS)
            gc_B[part] = gc_BL.sum(axis=1) / lengths(bound.rna_BL[part])
    pair = np.unique(np.stack([bound.cluster_B, bound.protein_B]), axis=1)
    proteins_C = np.maximum(np.bincount(pair[0]), 1)
    return _Features(region_B, size_B, gc_B, bound.cluster_B, proteins_C, np.zeros_like(proteins_C))


def _is_usable(
    bound: Bound,
    rule: NegativeRule,
    protein: int,
    peaks: Spans | None,
    protein_N: NDArray[np.int32] | None,
) -> NDArray[np.bool_]:
    """Find the windows of clusters without a protein, far enough from its peaks."""
    clusters = np.unique(bound.cluster_B[bound.protein_B == protein])
    usable_B = ~np.isin(bound.cluster_B, clusters)
    if bound.spans is not None and peaks is not None and protein_N is not None:
        own = peaks.take(np.flatnonzero(protein_N == protein))
        usable_B &= ~overlapping(bound.spans, own.wider(rule.distance))
    return usable_B


def _units(
    bound: Bound, rows: NDArray[np.int64], is_tiled: bool, draws: Draws
) -> list[NDArray[np.int64]]:
    """Return a protein's windows by cluster, large ones first, as few donors are large enough."""
    if not is_tiled:
        return [rows[one : one + 1] for one in draws.order(len(rows)).tolist()]
    rows = rows[np.argsort(bound.cluster_B[rows], kind="stable")]
    ends = np.flatnonzero(np.diff(bound.cluster_B[rows])) + 1
    units = np.split(rows, ends)
    size = np.array([len(unit) for unit in units])
    order = draws.order(len(units))
    return [units[one] for one in order[np.argsort(-size[order], kind="stable")].tolist()]


class _Donors:
    """Groups of donor rows by the region type of their first row; each is used once."""

    def __init__(
        self, row_D: NDArray[np.int64], group_D: NDArray[np.integer], region_B: NDArray[np.int64]
    ) -> None:
        _, start_G, count_G = np.unique(group_D, return_index=True, return_counts=True)
        self.row_D, self.of_region = row_D, {}
        region_G = region_B[row_D[start_G]]
        for region in np.unique(region_G).tolist():
            mine = np.flatnonzero(region_G == region)
            order = mine[np.argsort(count_G[mine], kind="stable")]
            self.of_region[region] = (start_G[order], count_G[order])
        self.used_D = np.zeros(len(row_D), dtype=bool)

    def take(self, unit: NDArray[np.int64], features: _Features, draws: Draws) -> NDArray[np.int64]:
        """Return as many neighbouring rows as a unit has; none, if no group is large enough."""
        nothing = np.zeros(0, dtype=np.int64)
        start_G, count_G = self.of_region.get(int(features.region_B[unit[0]]), (nothing, nothing))
        first = int(np.searchsorted(count_G, len(unit)))
        for attempt in range(ROUNDS if first < len(count_G) else 0):
            drawn = first + draws.below(np.full(CANDIDATES, len(count_G) - first))
            if attempt == ROUNDS - 1:
                drawn = np.arange(first, len(count_G))
            starts = start_G[drawn]
            starts = starts[~self.used_D[starts]]
            if len(starts):
                cost = features.cost(int(unit[0]), self.row_D[starts])
                start = int(starts[cost.argmin()])
                self.used_D[start] = True
                features.visits_C[features.cluster_B[self.row_D[start]]] += 1
                return self.row_D[start : start + len(unit)]
        return nothing
