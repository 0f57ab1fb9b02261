"""Genome coordinates of a dataset's windows, where they are known.

Shapes: N windows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Region = Literal["5'UTR", "CDS", "intron", "3'UTR", "ncRNA", "intergenic"]
REGIONS: tuple[Region, ...] = get_args(Region)
"""What a nucleotide of the transcribed strand belongs to; intergenic is outside of all genes."""

_TEXT = pa.dictionary(pa.int32(), pa.string())
FIELDS = [
    ("chrom", _TEXT),
    ("start", pa.int32()),
    ("end", pa.int32()),
    ("strand", _TEXT),
    ("gene", _TEXT),
    ("region", _TEXT),
]
"""Columns of `windows.parquet` with coordinates, 0-based and half-open as in BED."""

STRANDS = ("+", "-")


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where windows lie in a genome.

    Parameters
    ----------
    chromosomes
        Names of the chromosomes.
    chromosome_N
        (N,) int32, index into `chromosomes`.
    start_N, end_N
        (N,) int32, 0-based and half-open.
    strand_N
        (N,) int8, index into `STRANDS`.
    genes
        Names of the genes.
    gene_N
        (N,) int32, index into `genes`; -1 where no gene is known.
    region_N
        (N,) int8, index into `REGIONS` of the window's middle; -1 where nothing is known.
    """

    chromosomes: tuple[str, ...]
    chromosome_N: NDArray[np.int32]
    start_N: NDArray[np.int32]
    end_N: NDArray[np.int32]
    strand_N: NDArray[np.int8]
    genes: tuple[str, ...]
    gene_N: NDArray[np.int32]
    region_N: NDArray[np.int8]

    def take(self, rows_M: NDArray[Any]) -> Coordinates:
        """Return only these windows.

        Parameters
        ----------
        rows_M
            (M,) indices of windows.

        Returns
        -------
        Coordinates
            Their coordinates.
        """
        return Coordinates(
            self.chromosomes,
            self.chromosome_N[rows_M],
            self.start_N[rows_M],
            self.end_N[rows_M],
            self.strand_N[rows_M],
            self.genes,
            self.gene_N[rows_M],
            self.region_N[rows_M],
        )

    def sha256(self) -> str:
        """Return the SHA-256 (hex) of the content; names that no window has do not count."""
        digest = hashlib.sha256()
        for names, index_N in (
            (self.chromosomes, self.chromosome_N),
            (self.genes, self.gene_N),
            (STRANDS, self.strand_N),
            (REGIONS, self.region_N),
        ):
            used = np.unique(index_N[index_N >= 0])
            place_N = np.where(index_N < 0, -1, np.searchsorted(used, index_N))
            known, rank_N = _sorted([names[i] for i in used.tolist()], place_N)
            digest.update("\n".join(known).encode() + b"\0" + rank_N.astype("<i4").tobytes())
        for place_N in (self.start_N, self.end_N):
            digest.update(place_N.astype("<i4").tobytes())
        return digest.hexdigest()

    def columns(self, part: slice) -> list[pa.Array]:
        """Return the columns of `FIELDS` for a range of windows.

        Parameters
        ----------
        part
            The range.

        Returns
        -------
        list[pyarrow.Array]
            A column for each field; a missing gene or region is null.
        """
        return [
            _named(self.chromosome_N[part], self.chromosomes),
            pa.array(self.start_N[part].astype(np.int32)),
            pa.array(self.end_N[part].astype(np.int32)),
            _named(self.strand_N[part], STRANDS),
            _named(self.gene_N[part], self.genes),
            _named(self.region_N[part], REGIONS),
        ]

    def table(self) -> pd.DataFrame:
        """Return the columns of `FIELDS` as a table for users.

        Returns
        -------
        pandas.DataFrame
            A row per window.
        """
        names = [name for name, _ in FIELDS]
        return pa.table(self.columns(slice(None)), names=names).to_pandas()


def read_coordinates(path: Path) -> Coordinates:
    """Read the coordinates of a dataset, with chromosomes and genes in the order of their names.

    Parameters
    ----------
    path
        Its `windows.parquet`, which has the columns of `FIELDS`.

    Returns
    -------
    Coordinates
        The coordinates of all windows.
    """
    table = pq.read_table(path, columns=[name for name, _ in FIELDS])
    chromosomes, chromosome_N = _indexed(table["chrom"], None)
    genes, gene_N = _indexed(table["gene"], None)
    return Coordinates(
        chromosomes,
        chromosome_N,
        table["start"].to_numpy(),
        table["end"].to_numpy(),
        _indexed(table["strand"], STRANDS)[1].astype(np.int8),
        genes,
        gene_N,
        _indexed(table["region"], REGIONS)[1].astype(np.int8),
    )


def _named(index_N: NDArray[Any], names: Sequence[str]) -> pa.Array:
    index = pa.array(index_N.astype(np.int32), mask=index_N < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(names), pa.string()))


def _indexed(
    column: pa.ChunkedArray, names: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the names of a column and the index of each cell; -1 for a null."""
    encoded = column.unify_dictionaries().combine_chunks()
    found = encoded.dictionary.to_pylist()
    index_N = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    if names is None:
        return _sorted(found, index_N)
    place = np.array([*map(names.index, found), -1], dtype=np.int32)
    return tuple(names), place[index_N]


def _sorted(
    names: Sequence[str], index_N: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Sort names, and change the indices accordingly; -1 stays."""
    known = sorted(names)
    rank = {name: number for number, name in enumerate(known)}
    place = np.array([*(rank[name] for name in names), -1], dtype=np.int32)
    return tuple(known), place[index_N]
