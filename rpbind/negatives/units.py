"""What the rule same-gene moves, and to which places of a gene.

Shapes: B bound windows, U units (clusters, or single windows), T units to be placed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.data.coordinates import REGIONS
from rpbind.genome.annotation import NONE, Annotation
from rpbind.genome.reference import Genome
from rpbind.genome.spans import Spans, clusters
from rpbind.genome.windows import middles
from rpbind.negatives.bound import Bound
from rpbind.negatives.sample import Draws


@dataclass(frozen=True, eq=False)
class Landscape:
    """Where negatives may lie.

    Parameters
    ----------
    genome, annotation
        Letters and genes.
    peaks
        Every peak that was read, also those that did not pass the filters.
    protein_N
        (N,) the protein of each.
    max_n_share, max_masked_share
        Limits of every window.
    """

    genome: Genome
    annotation: Annotation
    peaks: Spans
    protein_N: NDArray[np.int32]
    max_n_share: float
    max_masked_share: float


@dataclass(frozen=True, eq=False)
class Units:
    """What is moved as a whole.

    Parameters
    ----------
    of_B
        (B,) the unit of each bound window.
    spans
        From the first to the last nucleotide of each unit.
    key_U
        (U,) the chromosome; without tiling also the protein, as only its own peaks count then.
    gene_U, region_U
        (U,) gene and region type of the anchor: the middle of the first window in a gene. `NONE`
        where no window lies in one.
    anchor_U
        (U,) place of the anchor, from the start of the unit.
    """

    of_B: NDArray[np.int32]
    spans: Spans
    key_U: NDArray[np.int32]
    gene_U: NDArray[np.int32]
    region_U: NDArray[np.int8]
    anchor_U: NDArray[np.int64]


def units_of(bound: Bound, land: Landscape, is_tiled: bool) -> Units:
    """Return what is moved as a whole: overlap clusters if tiling is matched, else windows."""
    spans = bound.spans
    assert spans is not None
    n = len(spans)
    of_B = clusters(spans) if is_tiled else np.arange(n, dtype=np.int32)
    first_U = np.unique(of_B, return_index=True)[1]
    start_U, end_U = spans.start_N[first_U].copy(), spans.end_N[first_U].copy()
    np.minimum.at(start_U, of_B, spans.start_N)
    np.maximum.at(end_U, of_B, spans.end_N)
    middle_B = middles(spans)
    gene_B, region_B = land.annotation.at(spans.chromosome_N, spans.strand_N, middle_B)
    anchor_U = first_U.copy()
    in_gene = np.flatnonzero(gene_B != NONE)[::-1]
    anchor_U[of_B[in_gene]] = in_gene  # the last that is written is the first window in a gene
    chromosome_U = spans.chromosome_N[first_U]
    key_U = chromosome_U.copy()
    if not is_tiled:
        key_U += len(land.genome.names) * bound.protein_B
    return Units(
        of_B,
        Spans(chromosome_U, start_U, end_U, spans.strand_N[first_U]),
        key_U,
        gene_B[anchor_U],
        region_B[anchor_U],
        middle_B[anchor_U] - start_U,
    )


class Proposals:
    """Draws places for units in their genes.

    Parameters
    ----------
    units
        The units.
    annotation
        Their genes.
    draws
        Random numbers.
    in_region
        Whether the anchor stays in its type of region: few places of a gene are exons, so that
        drawing anywhere and choosing the best would mostly give introns.
    """

    def __init__(
        self, units: Units, annotation: Annotation, draws: Draws, *, in_region: bool
    ) -> None:
        self.units, self.genes, self.draws = units, annotation.genes_G, draws
        self.stretches = annotation.stretches() if in_region else None

    def has_room(self, unit_T: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a unit lies in a gene that is at least as long, and has its type of region."""
        fits: NDArray[np.bool_] = (self.units.gene_U[unit_T] != NONE) & (self._room(unit_T) > 0)
        if self.stretches is not None:
            fits &= self.stretches.sizes(self._key(unit_T)) > 0
        return fits

    def draw(self, unit_T: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a random start for each unit; its end can be outside of the gene."""
        if self.stretches is None:
            first_T = self.genes.start_N[self.units.gene_U[unit_T]]
            return first_T + self.draws.below(self._room(unit_T))
        key_T = self._key(unit_T)
        number_T = self.draws.below(self.stretches.sizes(key_T))
        return self.stretches.nucleotide(key_T, number_T) - self.units.anchor_U[unit_T]

    def in_gene(self, unit_T: NDArray[np.int64], there: Spans) -> NDArray[np.bool_]:
        """Whether each place is within the gene of its unit."""
        gene_T = self.units.gene_U[unit_T]
        inside: NDArray[np.bool_] = there.start_N >= self.genes.start_N[gene_T]
        return inside & (there.end_N <= self.genes.end_N[gene_T])

    def _room(self, unit_T: NDArray[np.int64]) -> NDArray[np.int64]:
        gene_T, spans = self.units.gene_U[unit_T], self.units.spans
        length_T = spans.end_N[unit_T] - spans.start_N[unit_T]
        return self.genes.end_N[gene_T] - self.genes.start_N[gene_T] - length_T + 1

    def _key(self, unit_T: NDArray[np.int64]) -> NDArray[np.int64]:
        gene_T = self.units.gene_U[unit_T].astype(np.int64)
        return gene_T * len(REGIONS) + self.units.region_U[unit_T]
