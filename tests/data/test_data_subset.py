from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rpbind.data.dataset import Dataset
from rpbind.data.splits import SplitSpec, make_split
from rpbind.data.subset import subset
from rpbind.data.world import World, simulate
from rpbind.errors import UserError


@pytest.fixture
def whole(tmp_path: Path) -> Dataset:
    """Four proteins with 40 windows each."""
    return simulate(tmp_path / "whole", World(proteins=4, sites=20, length=31))


def test_every_protein_has_the_same_number_of_windows_and_none_is_drawn_twice(
    whole: Dataset, tmp_path: Path
) -> None:
    drawn = subset(whole, tmp_path / "part", 15)
    assert np.bincount(drawn.protein_N).tolist() == [15] * 4
    assert drawn.proteins == whole.proteins
    rows = pq.read_table(drawn.root / "windows.parquet")["source_row"].to_numpy() - 1
    assert len(set(rows.tolist())) == 60
    for mine, theirs in (
        (drawn.rna_NL, whole.rna_NL),
        (drawn.label_N, whole.label_N),
        (drawn.cluster_N, whole.cluster_N),
    ):
        assert (mine == theirs[rows]).all()


def test_equal_seeds_draw_equal_datasets_and_other_seeds_do_not(
    whole: Dataset, tmp_path: Path
) -> None:
    first, again, other = (
        subset(whole, tmp_path / f"part-{number}", 15, seed)
        for number, seed in enumerate((0, 0, 1))
    )
    assert first.id == again.id != other.id


def test_no_cluster_of_a_subset_crosses_a_cold_split(whole: Dataset, tmp_path: Path) -> None:
    drawn = subset(whole, tmp_path / "part", 30)
    split = make_split(drawn, SplitSpec())
    train, test = (set(drawn.cluster_N[split.indices(p)].tolist()) for p in ("train", "test"))
    assert train
    assert not train & test


@pytest.mark.parametrize("size", [0, 40])
def test_a_subset_that_is_empty_or_the_whole_is_refused(
    whole: Dataset, tmp_path: Path, size: int
) -> None:
    with pytest.raises(UserError, match=rf"1 to 39 windows per protein .* got {size}"):
        subset(whole, tmp_path / "part", size)
