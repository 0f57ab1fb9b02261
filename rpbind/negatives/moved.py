"""Negatives of the rule same-gene: bound windows moved to a free place of their gene.

With `tiling`, a whole overlap cluster moves, with the windows of all its proteins, to a place that
no peak and no other window touches. So a negative has as many neighbours as the bound window that
it was made for, and counting neighbours does not help. Shapes: U units (clusters, or single
windows), J jobs (units to be placed), K candidate places, P pending jobs, T rows of several jobs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import n_share
from rpbind.genome.spans import Spans, clusters, joined, overlapping
from rpbind.genome.windows import middles
from rpbind.negatives.bound import Bound, Drawn, rows_of_groups
from rpbind.negatives.rules import NegativeRule
from rpbind.negatives.sample import Draws
from rpbind.negatives.units import Landscape, Proposals, Units, units_of

CANDIDATES, ROUNDS = 16, 24
"""Random places that are compared at a time, and how often a job without a place tries again."""

_GC = bytes.maketrans(b"gGcC", b"1111")
_REGION_FIRST = 10.0  # GC shares differ by at most 1, so a window in the right region wins


def moved(bound: Bound, rule: NegativeRule, land: Landscape) -> Drawn:
    """Draw negatives in the genes of the bound windows.

    Parameters
    ----------
    bound
        Bound windows with their places.
    rule
        Ratio, distance, matching and seed.
    land
        Where negatives may lie.

    Returns
    -------
    Drawn
        The negatives. With tiling, a cluster that does not find all its places is left out.
    """
    assert bound.spans is not None
    is_tiled = "tiling" in rule.match
    units = units_of(bound, land, is_tiled)
    unit_J = np.repeat(np.arange(len(units.spans)), rule.ratio)
    start_J = np.full(len(unit_J), -1, dtype=np.int64)
    blocked = _blocked(bound, rule, land, is_tiled)
    for chromosome in np.unique(units.spans.chromosome_N).tolist():
        jobs = np.flatnonzero(units.spans.chromosome_N[unit_J] == chromosome)
        start_J[jobs] = _Chromosome(bound, rule, land, units, chromosome).place(
            unit_J[jobs], _on(blocked, chromosome, len(land.genome.names))
        )
    found_U = np.bincount(unit_J, start_J >= 0, minlength=len(units.spans))
    whole_U = found_U == rule.ratio if is_tiled else np.ones(len(units.spans), dtype=bool)
    placed = np.flatnonzero((start_J >= 0) & whole_U[unit_J])
    job_T, row_T = rows_of_groups(units.of_B, unit_J[placed], len(units.spans))
    shift_T = (start_J[placed] - units.spans.start_N[unit_J[placed]])[job_T]
    spans = _shifted(bound.spans.take(row_T), shift_T)
    rna_ML = land.genome.cut(spans)[0].reshape(len(spans), bound.rna_BL.shape[1])
    return Drawn(row_T, row_T, whole_U[units.of_B], rna_ML, spans)


def _blocked(bound: Bound, rule: NegativeRule, land: Landscape, is_tiled: bool) -> Spans:
    """Return all that a negative may not touch, on the keys of `Units`."""
    assert bound.spans is not None
    both = joined([land.peaks.wider(rule.distance), bound.spans])
    protein = np.concatenate([land.protein_N, bound.protein_B])
    key = both.chromosome_N + (0 if is_tiled else len(land.genome.names)) * protein
    return Spans(key.astype(np.int32), both.start_N, both.end_N, both.strand_N)


def _on(blocked: Spans, chromosome: int, chromosomes: int) -> Spans:
    return blocked.take(np.flatnonzero(blocked.chromosome_N % chromosomes == chromosome))


def _shifted(spans: Spans, shift_N: NDArray[np.int64]) -> Spans:
    start_N, end_N = spans.start_N + shift_N, spans.end_N + shift_N
    return Spans(spans.chromosome_N, start_N, end_N, spans.strand_N)


class _Chromosome:
    """Finds places for the units of one chromosome."""

    def __init__(
        self, bound: Bound, rule: NegativeRule, land: Landscape, units: Units, chromosome: int
    ) -> None:
        self.bound, self.rule, self.land, self.units = bound, rule, land, units
        draws = Draws(f"same-gene {land.genome.names[chromosome]}", rule.seed)
        self.proposals = Proposals(units, land.annotation, draws, in_region="region" in rule.match)
        self.is_gc = land.genome.bases(chromosome).translate(_GC)

    def place(self, unit_J: NDArray[np.int64], blocked: Spans) -> NDArray[np.int64]:
        """Return the start of each job's unit at its new place; -1 where none was found."""
        start_J = np.full(len(unit_J), -1, dtype=np.int64)
        pending = np.flatnonzero(self.proposals.has_room(unit_J))
        for _ in range(ROUNDS):
            if not len(pending):
                break
            start_P = self.proposals.draw(np.repeat(unit_J[pending], CANDIDATES))
            start_PK = start_P.reshape(-1, CANDIDATES)
            best_P, is_free_P = self._best(unit_J[pending], start_PK, blocked)
            tried = np.flatnonzero(is_free_P)
            there = self._at(unit_J[pending[tried]], best_P[tried])
            fits = self._first_of_each(there) & self._is_clear(
                unit_J[pending[tried]], best_P[tried]
            )
            accepted = tried[fits]
            start_J[pending[accepted]] = best_P[accepted]
            blocked = joined([blocked, there.take(np.flatnonzero(fits))])
            pending = np.delete(pending, accepted)
        return start_J

    def _at(self, unit_T: NDArray[np.int64], start_T: NDArray[np.int64]) -> Spans:
        spans = self.units.spans
        length_T = spans.end_N[unit_T] - spans.start_N[unit_T]
        return Spans(self.units.key_U[unit_T], start_T, start_T + length_T, spans.strand_N[unit_T])

    def _best(
        self, unit_P: NDArray[np.int64], start_PK: NDArray[np.int64], blocked: Spans
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the free place of each job that matches best, and whether there is one."""
        unit_T, start_T = np.repeat(unit_P, CANDIDATES), start_PK.ravel()
        there = self._at(unit_T, start_T)
        is_free = self.proposals.in_gene(unit_T, there) & ~overlapping(there, blocked)
        free = np.flatnonzero(is_free)
        cost_T = np.full(len(unit_T), np.inf)
        cost_T[free] = self._cost(unit_T[free], start_T[free])
        cost_PK = cost_T.reshape(start_PK.shape)
        best_P = cost_PK.argmin(axis=1)
        rows = np.arange(len(unit_P))
        return start_PK[rows, best_P], np.isfinite(cost_PK[rows, best_P])

    def _cost(self, unit_T: NDArray[np.int64], start_T: NDArray[np.int64]) -> NDArray[np.float64]:
        cost_T = np.zeros(len(unit_T))
        if "region" in self.rule.match:
            cost_T += _REGION_FIRST * self._other_regions(unit_T, start_T)
        if "gc" in self.rule.match:
            there = self._at(unit_T, start_T)
            own_U = self._gc(self.units.spans.take(units := np.unique(unit_T)))
            cost_T += np.abs(self._gc(there) - own_U[np.searchsorted(units, unit_T)])
        return cost_T

    def _gc(self, spans: Spans) -> NDArray[np.float64]:
        pairs = zip(spans.start_N.tolist(), spans.end_N.tolist(), strict=True)
        count = self.is_gc.count
        return np.array([count(b"1", start, end) / (end - start) for start, end in pairs])

    def _other_regions(
        self, unit_T: NDArray[np.int64], start_T: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the share of each unit's windows that would be in another type of region."""
        assert self.bound.region_B is not None
        job, row, spans = self._windows(unit_T, start_T)
        _, region = self.land.annotation.at(spans.chromosome_N, spans.strand_N, middles(spans))
        other = np.bincount(job, region != self.bound.region_B[row], minlength=len(unit_T))
        return other / np.bincount(job, minlength=len(unit_T))

    def _windows(
        self, unit_T: NDArray[np.int64], start_T: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Spans]:
        """Return the job, the bound window and the new place of each window of the units."""
        assert self.bound.spans is not None
        job, row = rows_of_groups(self.units.of_B, unit_T, len(self.units.spans))
        shift = (start_T - self.units.spans.start_N[unit_T])[job]
        return job, row, _shifted(self.bound.spans.take(row), shift)

    def _first_of_each(self, there: Spans) -> NDArray[np.bool_]:
        """Of places that overlap each other, find the first."""
        fits = np.zeros(len(there), dtype=bool)
        if len(there):
            fits[np.unique(clusters(there), return_index=True)[1]] = True
        return fits

    def _is_clear(self, unit_T: NDArray[np.int64], start_T: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether every window of a unit keeps the limits of N and of soft-masked letters."""
        job, _, spans = self._windows(unit_T, start_T)
        if not len(spans):
            return np.ones(len(unit_T), dtype=bool)
        rna_NL, masked_N = self.land.genome.cut(spans)
        bad_N = (n_share(rna_NL) > self.land.max_n_share) | (masked_N > self.land.max_masked_share)
        clear: NDArray[np.bool_] = np.bincount(job, bad_N, minlength=len(unit_T)) == 0
        return clear
