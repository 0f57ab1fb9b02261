"""What a split shares with training is said in words, and a large cluster by what it shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rpbind.data.dataset import Dataset, Protein
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset
from rpbind.splitting.leaks import leak_words
from rpbind.splitting.motif import shared_motif
from rpbind.splitting.saved import save_split

L = 40
TRAIN, VALIDATION, TEST = range(3)
PART_N = np.array([TRAIN, TRAIN, VALIDATION, VALIDATION, TEST, TEST, TEST, TEST], dtype=np.uint8)


def made(folder: Path, rna_NL: np.ndarray) -> Dataset:
    """Eight windows with labels 0 and 1 in turn; the last two are of a protein of their own."""
    number_N = np.arange(8, dtype=np.int32)
    return write_dataset(
        folder,
        Windows(
            rna_NL.astype(np.uint8),
            (number_N % 2).astype(np.uint8),
            (number_N > 5).astype(np.int32),
            number_N,
        ),
        [Protein(name, name, "MKV", n) for n, name in enumerate("AB")],
        MadeBy(importer="toy"),
    )


@pytest.fixture
def rna_NL() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (8, L))


def said(dataset: Dataset) -> str:
    return leak_words(dataset, save_split(dataset, PART_N, name="mine"))


def test_a_split_that_shares_nothing_says_so_and_counts_the_proteins(
    tmp_path: Path, rna_NL: np.ndarray
) -> None:
    words = said(made(tmp_path / "toy", rna_NL))
    assert words.startswith("No validation or test window shares a 31-mer")
    assert "1 of the 2 test proteins" in words


def test_shared_stretches_are_counted_in_test_and_validation(
    tmp_path: Path, rna_NL: np.ndarray
) -> None:
    rna_NL[4, 9:40] = rna_NL[0, :31]
    rna_NL[2, 2:33] = rna_NL[1, 4:35]
    words = said(made(tmp_path / "toy", rna_NL))
    assert "Of the 4 test windows, 1 (25.0 %)" in words
    assert "of the 2 validation windows, 1 (50.0 %)" in words


def test_folds_are_counted_together(tmp_path: Path, rna_NL: np.ndarray) -> None:
    rna_NL[4, 9:40] = rna_NL[0, :31]
    dataset = made(tmp_path / "toy", rna_NL)
    fold_N = np.array([0, 0, 1, 1, 2, 2, 3, 3], dtype=np.uint8)
    words = leak_words(dataset, save_split(dataset, fold_N, 4))
    # of folds 0 to 3 as test parts, window 0 meets window 4 in training, and the other way round
    assert "Of the 8 test windows of all folds, 2 (25.0 %)" in words


def test_a_cluster_is_described_by_the_stretch_that_most_of_its_windows_share(
    tmp_path: Path, rna_NL: np.ndarray
) -> None:
    rna_NL[0, 3:23] = rna_NL[1, 10:30] = rna_NL[2, 20:40] = [0, 1, 2, 3] * 5
    dataset = made(tmp_path / "toy", rna_NL)
    object.__setattr__(dataset, "cluster_N", np.array([5, 5, 5, 5, 0, 1, 2, 3], dtype=np.int32))
    said = shared_motif(dataset, 5)
    assert "75 %" in said
    assert any(f"; {('ACGU' * 5)[at : at + 15]} " in said for at in range(4))
