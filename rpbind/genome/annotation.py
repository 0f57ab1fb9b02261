"""Gene and region type of every nucleotide of a genome, from the features of a GTF file.

Shapes: P positions, G genes, S stretches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.data.coordinates import REGIONS, Region
from rpbind.genome.gtf import Features
from rpbind.genome.spans import Spans

ORDER: tuple[Region, ...] = ("intron", "ncRNA", "5'UTR", "3'UTR", "CDS")
"""Where transcripts overlap, a nucleotide is of the type that comes last here."""

NONE = -1
"""The gene of a nucleotide outside of all genes."""

INTERGENIC = REGIONS.index("intergenic")


@dataclass(frozen=True, eq=False)
class _Strand:
    """The stretches of one strand of a chromosome: `begin_S` to the next one."""

    begin_S: NDArray[np.int64]
    region_S: NDArray[np.int8]
    gene_S: NDArray[np.int32]


class Annotation:
    """Gene and region type of every nucleotide.

    Parameters
    ----------
    features
        The parts of the genes.
    """

    def __init__(self, features: Features) -> None:
        self.genes = features.genes
        self.genes_G = _whole_genes(features)
        length_G = self.genes_G.end_N - self.genes_G.start_N
        self._strands = {
            (chromosome, strand): _painted(features, length_G, chromosome, strand)
            for chromosome, strand in set(
                zip(
                    features.spans.chromosome_N.tolist(),
                    features.spans.strand_N.tolist(),
                    strict=True,
                )
            )
        }

    def at(
        self,
        chromosome_P: NDArray[np.int32],
        strand_P: NDArray[np.int8],
        position_P: NDArray[np.int64],
    ) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return gene and region type of nucleotides.

        Where genes overlap, a nucleotide is of the gene that gives it its region type; of several,
        of the shortest.

        Parameters
        ----------
        chromosome_P, strand_P, position_P
            (P,) the nucleotides.

        Returns
        -------
        tuple[NDArray[np.int32], NDArray[np.int8]]
            (P,) index into `genes`, or `NONE`; (P,) index into `REGIONS`.
        """
        gene_P = np.full(len(position_P), NONE, dtype=np.int32)
        region_P = np.full(len(position_P), INTERGENIC, dtype=np.int8)
        for (chromosome, strand), stretches in self._strands.items():
            here = np.flatnonzero((chromosome_P == chromosome) & (strand_P == strand))
            place = np.searchsorted(stretches.begin_S, position_P[here], side="right") - 1
            inside = place >= 0
            gene_P[here[inside]] = stretches.gene_S[place[inside]]
            region_P[here[inside]] = stretches.region_S[place[inside]]
        return gene_P, region_P

    def stretches(self) -> Stretches:
        """Return the stretches of all genes, grouped by gene and region type."""
        strands = list(self._strands.values())
        begin = np.concatenate([one.begin_S[:-1] for one in strands])
        length = np.concatenate([np.diff(one.begin_S) for one in strands])
        region = np.concatenate([one.region_S[:-1] for one in strands]).astype(np.int64)
        gene = np.concatenate([one.gene_S[:-1] for one in strands]).astype(np.int64)
        kept = np.flatnonzero(gene != NONE)
        key = gene[kept] * len(REGIONS) + region[kept]
        order = kept[np.argsort(key, kind="stable")]
        return Stretches(np.sort(key), begin[order], np.cumsum(length[order]))


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of one gene and one region type each, sorted by these.

    Parameters
    ----------
    key_S
        (S,) gene * number of region types + region type.
    begin_S
        (S,) first nucleotide.
    until_S
        (S,) nucleotides in this stretch and all before it.
    """

    key_S: NDArray[np.int64]
    begin_S: NDArray[np.int64]
    until_S: NDArray[np.int64]

    def sizes(self, key_P: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many nucleotides each key has."""
        first, last = (np.searchsorted(self.key_S, key_P, side) for side in ("left", "right"))
        before = np.concatenate([[0], self.until_S])
        return before[last] - before[first]

    def nucleotide(
        self, key_P: NDArray[np.int64], number_P: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the place of a key's nucleotide by its number, from 0 to below its size."""
        before = np.concatenate([[0], self.until_S])
        total_P = before[np.searchsorted(self.key_S, key_P, "left")] + number_P
        stretch_P = np.searchsorted(self.until_S, total_P, side="right")
        return self.begin_S[stretch_P] + total_P - before[stretch_P]


def _painted(
    features: Features, length_G: NDArray[np.int64], chromosome: int, strand: int
) -> _Strand:
    """Lay the features over each other, the most important last."""
    spans = features.spans
    mine = np.flatnonzero((spans.chromosome_N == chromosome) & (spans.strand_N == strand))
    start, end = spans.start_N[mine], spans.end_N[mine]
    region, gene = features.region_F[mine], features.gene_F[mine]
    importance = np.array([ORDER.index(name) if name in ORDER else -1 for name in REGIONS])[region]
    begin_S = np.unique(np.concatenate([start, end]))
    region_S = np.full(len(begin_S), INTERGENIC, dtype=np.int8)
    gene_S = np.full(len(begin_S), NONE, dtype=np.int32)
    first, last = np.searchsorted(begin_S, start), np.searchsorted(begin_S, end)
    for one in np.lexsort((gene, -length_G[gene], importance)).tolist():
        region_S[first[one] : last[one]] = region[one]
        gene_S[first[one] : last[one]] = gene[one]
    return _Strand(begin_S, region_S, gene_S)


def _whole_genes(features: Features) -> Spans:
    """Return each gene from its first to its last nucleotide; a gene on two chromosomes on one."""
    n, spans = len(features.genes), features.spans
    start_G = np.full(n, np.iinfo(np.int64).max)
    end_G = np.zeros(n, dtype=np.int64)
    chromosome_G, strand_G = np.zeros(n, np.int32), np.zeros(n, np.int8)
    chromosome_G[features.gene_F[::-1]] = spans.chromosome_N[::-1]  # that of its first feature
    strand_G[features.gene_F[::-1]] = spans.strand_N[::-1]
    same = chromosome_G[features.gene_F] == spans.chromosome_N
    same &= strand_G[features.gene_F] == spans.strand_N
    np.minimum.at(start_G, features.gene_F[same], spans.start_N[same])
    np.maximum.at(end_G, features.gene_F[same], spans.end_N[same])
    return Spans(chromosome_G, start_G, end_G, strand_G)
