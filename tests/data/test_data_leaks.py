"""What validation and test have in common with training is counted as it is. Shapes: N windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rpbind.data.alphabet import decode, encode
from rpbind.data.coordinates import Coordinates
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.leaks import Leak, leaks
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset

LENGTH = 40
PROTEINS = [Protein("A", "A", "MK", 0), Protein("B", "B", "MV", 0), Protein("C", "C", "MK", 1),
            Protein("D", "D", "ML", 2)]  # fmt: skip


def letters(seed: int) -> str:
    return decode(np.random.default_rng(seed).integers(0, 4, LENGTH).astype(np.uint8))


def written(
    out: Path, rna: list[str], protein: list[int], place: Coordinates | None = None, how: str = ""
) -> Dataset:
    protein_N = np.array(protein, np.int32)
    label_N, cluster_N = np.ones(len(rna), np.uint8), np.zeros(len(rna), np.int32)
    windows = Windows(np.array([encode(one) for one in rna]), label_N, protein_N, cluster_N, place)
    return write_dataset(
        out, windows, PROTEINS, MadeBy(importer="toy", arguments={"clusters": how})
    )


def found(dataset: Dataset, parts: list[int]) -> dict[str, Leak]:
    part_N: NDArray[np.uint8] = np.array(parts, np.uint8)
    return {leak.part: leak for leak in leaks(dataset, part_N)}


@pytest.mark.parametrize("how", ["given", "shared 31-mer"])
def test_a_window_leaks_by_31_letters_in_a_row_and_not_by_30(tmp_path: Path, how: str) -> None:
    trained = letters(0)
    rna = [
        trained,
        letters(1)[:9] + trained[:31],
        letters(2)[:10] + trained[:30],
        trained,
        letters(3),
    ]
    dataset = written(tmp_path / "toy", rna, [0, 0, 0, 1, 1], how=how)

    leak = found(dataset, [0, 2, 2, 2, 1])

    assert (leak["test"].windows, leak["test"].kmer, leak["test"].equal) == (3, 2, 1)
    assert (leak["validation"].kmer, leak["validation"].equal) == (0, 0)


def test_unused_windows_and_unknown_letters_leak_nothing(tmp_path: Path) -> None:
    trained = letters(0)
    rna = [trained, trained[:20] + "N" + trained[21:], letters(1), letters(1), letters(2)]
    dataset = written(tmp_path / "toy", rna, [0, 0, 0, 0, 0])

    leak = found(dataset, [0, 2, 2, 255, 1])

    assert (leak["test"].windows, leak["test"].kmer, leak["test"].equal) == (2, 0, 0)


def test_a_protein_is_known_by_its_sequence_and_related_by_its_cluster(tmp_path: Path) -> None:
    dataset = written(tmp_path / "toy", [letters(i) for i in range(5)], [0, 1, 2, 3, 0])

    leak = found(dataset, [0, 2, 2, 2, 1])

    # B is in A's protein cluster, C has A's sequence, D is new
    assert (leak["test"].proteins, leak["test"].known, leak["test"].related) == (3, 1, 1)
    assert (leak["validation"].known, leak["validation"].related) == (1, 1)


def test_intervals_overlap_on_one_strand_of_one_chromosome(tmp_path: Path) -> None:
    start_N = np.array([100, 0, 139, 140, 110, 110, 61, 60], np.int32)
    end_N = start_N + LENGTH
    end_N[1] = 1_000  # long, begins first and ends last
    chromosome_N = np.array([0, 1, 0, 0, 0, 1, 0, 0], np.int32)
    strand_N = np.array([0, 0, 0, 0, 1, 0, 0, 0], np.int8)
    none_N = np.full(8, -1)
    place = Coordinates(("chr1", "chr2"), chromosome_N, start_N, end_N, strand_N, (),
                        none_N.astype(np.int32), none_N.astype(np.int8))  # fmt: skip
    dataset = written(tmp_path / "toy", [letters(i) for i in range(8)], [0] * 8, place)

    leak = found(dataset, [0, 0, 2, 2, 2, 2, 1, 1])

    assert leak["test"].interval == 2  # 139 touches [100, 140), and chr2 is covered
    assert leak["validation"].interval == 1
    assert found(written(tmp_path / "b", ["A" * 31], [0]), [2])["test"].interval is None
