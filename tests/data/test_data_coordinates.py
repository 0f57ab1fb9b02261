"""Coordinates are kept with the windows, count in the dataset's id, and split by chromosome."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rpbind.data.coordinates import REGIONS, Coordinates
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.frozen_split import load_split
from rpbind.data.manifest import MadeBy
from rpbind.data.splits import PARTS, SplitSpec, make_split
from rpbind.data.subset import subset
from rpbind.data.writer import Windows, write_dataset
from rpbind.errors import UserError
from rpbind.splitting.balance import imbalance

N = 240
RNG = np.random.default_rng(3)
COORDINATES = Coordinates(
    chromosomes=("chr2", "chr10", "chr1", "chrUn"),
    chromosome_N=RNG.integers(0, 3, N).astype(np.int32),
    start_N=np.arange(N, dtype=np.int32) * 7,
    end_N=np.arange(N, dtype=np.int32) * 7 + 8,
    strand_N=RNG.integers(0, 2, N).astype(np.int8),
    genes=("B", "A"),
    gene_N=RNG.integers(-1, 2, N).astype(np.int32),
    region_N=RNG.integers(-1, len(REGIONS), N).astype(np.int8),
)
WINDOWS = Windows(
    RNG.integers(0, 4, (N, 8), dtype=np.uint8),
    RNG.integers(0, 2, N, dtype=np.uint8),
    RNG.integers(0, 2, N, dtype=np.int32),
    np.arange(N, dtype=np.int32),
    COORDINATES,
)
PROTEINS = [Protein("A", "A", "M", 0), Protein("B", "B", "K", 1)]


def write(out: Path, coordinates: Coordinates | None = COORDINATES) -> Dataset:
    windows = replace(WINDOWS, coordinates=coordinates)
    return write_dataset(out, windows, PROTEINS, MadeBy(importer="toy"))


def rows(coordinates: Coordinates) -> list[tuple[object, ...]]:
    """Every window's coordinates in words, whatever the order of the names."""
    return [
        (
            coordinates.chromosomes[chromosome],
            start,
            end,
            strand,
            gene >= 0 and coordinates.genes[gene],
            region >= 0 and REGIONS[region],
        )
        for chromosome, start, end, strand, gene, region in zip(
            coordinates.chromosome_N.tolist(),
            coordinates.start_N.tolist(),
            coordinates.end_N.tolist(),
            coordinates.strand_N.tolist(),
            coordinates.gene_N.tolist(),
            coordinates.region_N.tolist(),
            strict=True,
        )
    ]


def test_every_row_keeps_its_coordinates_also_in_a_subset(tmp_path: Path) -> None:
    dataset = write(tmp_path / "toy")
    assert dataset.coordinates is not None
    assert rows(dataset.coordinates) == rows(COORDINATES)
    small = subset(dataset, tmp_path / "small", per_protein=20)
    kept = pq.read_table(small.root / "windows.parquet")["source_row"].to_numpy() - 1
    assert small.coordinates is not None
    assert rows(small.coordinates) == [rows(COORDINATES)[row] for row in kept]


def test_coordinates_count_in_the_id_and_the_order_of_their_names_does_not(tmp_path: Path) -> None:
    dataset, bare = write(tmp_path / "toy"), write(tmp_path / "bare", None)
    other = replace(COORDINATES, start_N=COORDINATES.start_N + 1, end_N=COORDINATES.end_N + 1)
    renamed = replace(
        COORDINATES, genes=("A", "B"), gene_N=np.array([1, 0, -1], np.int32)[COORDINATES.gene_N]
    )
    assert len({dataset.id, bare.id, write(tmp_path / "moved", other).id}) == 3
    assert write(tmp_path / "again", renamed).id == dataset.id


def test_no_chromosome_is_in_two_parts_of_a_cold_chromosome_split(tmp_path: Path) -> None:
    dataset = write(tmp_path / "toy")
    spec = SplitSpec("cold-chromosome", (50, 25, 25))
    split = load_split(dataset, spec)
    assert dataset.coordinates is not None
    held = [set(dataset.coordinates.chromosome_N[split.indices(part)].tolist()) for part in PARTS]
    assert sorted(place for part in held for place in part) == [0, 1, 2]
    assert np.array_equal(load_split(Dataset.open(dataset.root), spec).part_N, split.part_N)
    assert "the largest chromosome has" in imbalance(dataset, split)


def test_a_dataset_without_coordinates_is_not_split_by_chromosome(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare", None)
    with pytest.raises(UserError, match="no genome coordinates"):
        make_split(bare, SplitSpec("cold-chromosome"))


def test_two_chromosomes_are_too_few_for_three_parts_and_the_cause_is_said(tmp_path: Path) -> None:
    two = replace(COORDINATES, chromosome_N=COORDINATES.chromosome_N % 2)
    with pytest.raises(UserError, match=r"on 2 chromosomes.*can be split by random"):
        make_split(write(tmp_path / "toy", two), SplitSpec("cold-chromosome"))
