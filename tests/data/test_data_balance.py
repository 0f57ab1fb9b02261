"""A split that a giant cluster has pulled off its percentages says so, with the cluster's share."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rpbind.data.balance import imbalance
from rpbind.data.dataset import Dataset
from rpbind.data.splits import PARTS, Split, SplitSpec, load_split
from rpbind.data.world import World, simulate

N = 2000


def parts(rule: Any, percents: tuple[float, float, float], sizes: list[int]) -> str:
    """What is said of a split that came out so, of a dataset with clusters of these sizes."""
    group_N = np.repeat(np.arange(len(sizes)), sizes)
    proteins = [SimpleNamespace(cluster=g) for g in range(len(sizes))]

    class Toy:
        cluster_N = group_N
        protein_N = group_N
        proteins = None

        def __len__(self) -> int:
            return len(group_N)

    toy = Toy()
    toy.proteins = proteins  # type: ignore[assignment]
    windows = {part: SimpleNamespace(windows=round(N * p / 100))
               for part, p in zip(PARTS, percents, strict=True)}  # fmt: skip
    split = SimpleNamespace(summary=windows, spec=SplitSpec(rule))
    return imbalance(cast(Dataset, toy), cast(Split, split))


def test_the_giant_cluster_of_the_issue_is_said_with_its_share() -> None:
    told = parts("cold-protein", (73.0, 13.5, 13.5), [1460, *[90] * 6])
    assert "73/13.5/13.5 % of the windows instead of 70/15/15" in told
    assert "the largest protein cluster has 73.0 % of them" in told


@pytest.mark.parametrize("rule", ["random", "cold-rna", "cold-protein"])
def test_a_split_that_is_as_asked_is_not_remarked_upon(rule: str) -> None:
    assert parts(rule, (70.0, 15.0, 15.0), [100] * 20) == ""
    assert parts(rule, (70.5, 14.9, 14.6), [100] * 20) == ""


def test_the_rule_says_which_clusters_stay_whole() -> None:
    assert "largest overlap cluster has 50.0 %" in parts("cold-rna", (60, 20, 20), [1000, 1000])
    both = parts("cold-both", (70, 15, 15), [1000, 1000])
    assert "instead of 91.6/4.2/4.2" in both
    assert "overlap cluster" in both
    assert "protein cluster" in both


def test_a_small_world_is_split_and_its_largest_protein_measured(tmp_path: Path) -> None:
    dataset = simulate(tmp_path / "world", World(proteins=4, sites=24, length=25))
    split = load_split(dataset, SplitSpec("cold-protein", (40, 30, 30)))
    told = imbalance(dataset, split)
    cluster_P = np.array([protein.cluster for protein in dataset.proteins])
    largest = np.bincount(cluster_P[dataset.protein_N]).max() / len(dataset)
    assert f"the largest protein cluster has {100 * largest:.1f} % of them" in told
