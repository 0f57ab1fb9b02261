"""A split whose largest cluster pushes it off its percentages reports that cluster's share."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import PARTS, Split, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.splitting.balance import imbalance

N = 2000


def message_of(rule: Any, percents: tuple[float, float, float], sizes: list[int]) -> str:
    """Return the message for a split with these percentages and clusters of these sizes."""
    group_N = np.repeat(np.arange(len(sizes)), sizes)
    proteins = [SimpleNamespace(cluster=g) for g in range(len(sizes))]

    class Toy:
        cluster_N = group_N
        protein_N = group_N
        proteins = None
        rna_NL = np.tile(np.arange(20, dtype=np.uint8) % 4, (len(group_N), 1))

        def __len__(self) -> int:
            return len(group_N)

    toy = Toy()
    toy.proteins = proteins  # type: ignore[assignment]
    windows = {part: SimpleNamespace(windows=round(N * p / 100))
               for part, p in zip(PARTS, percents, strict=True)}  # fmt: skip
    split = SimpleNamespace(summary=windows, spec=SplitSpec(rule))
    return imbalance(cast(Dataset, toy), cast(Split, split))


def test_a_giant_cluster_is_reported_with_its_share() -> None:
    message = message_of("cold-protein", (73.0, 13.5, 13.5), [1460, *[90] * 6])
    assert "73/13.5/13.5 % of the windows instead of 70/15/15" in message
    assert "the largest protein cluster has 73.0 % of them" in message


@pytest.mark.parametrize("rule", ["random", "cold-rna", "cold-protein"])
def test_a_split_close_to_its_ratio_is_not_reported(rule: str) -> None:
    assert message_of(rule, (70.0, 15.0, 15.0), [100] * 20) == ""
    assert message_of(rule, (70.5, 14.9, 14.6), [100] * 20) == ""


def test_the_message_names_the_clusters_that_the_rule_keeps_whole() -> None:
    assert "largest overlap cluster has 50.0 %" in message_of(
        "cold-rna", (60, 20, 20), [1000, 1000]
    )
    both = message_of("cold-both", (70, 15, 15), [1000, 1000])
    assert "instead of 91.6/4.2/4.2" in both
    assert "overlap cluster" in both
    assert "protein cluster" in both


def test_the_share_of_the_largest_protein_of_a_small_world_is_reported(tmp_path: Path) -> None:
    dataset = simulate(tmp_path / "world", World(proteins=4, sites=24, length=25))
    split = load_split(dataset, SplitSpec("cold-protein", (40, 30, 30)))
    message = imbalance(dataset, split)
    cluster_P = np.array([protein.cluster for protein in dataset.proteins])
    largest = np.bincount(cluster_P[dataset.protein_N]).max() / len(dataset)
    assert f"the largest protein cluster has {100 * largest:.1f} % of them" in message
