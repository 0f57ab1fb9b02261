from typing import Any

import pytest

from rpbind.cluster.placement import SLOT, Node, parallel_runs
from rpbind.errors import UserError


def node(name: str, **has: float) -> Node:
    return Node(name, name, has)


SMALL = [node("a", CPU=2), node("b", CPU=2), node("c", CPU=2)]
GPUS = [node("head", CPU=2), node("g", CPU=8, GPU=2)]
SLOTS = [node("head", CPU=0, **{SLOT: 64}), node("a", CPU=1), node("b", CPU=1)]
FITS: list[tuple[Any, dict[str, float], int, bool, int]] = [
    (SMALL, {"CPU": 1}, 1, False, 6),
    (SMALL, {"CPU": 2}, 1, False, 3),
    (SMALL, {"CPU": 2}, 2, False, 1),
    (SMALL, {"CPU": 1}, 4, False, 1),
    (GPUS, {"CPU": 1, "GPU": 1}, 1, False, 2),
    (GPUS, {"CPU": 1, "GPU": 0.5}, 1, False, 4),
    (GPUS, {"CPU": 1, "GPU": 0.6}, 1, False, 2),  # 0.6 of a GPU comes from one GPU
    (GPUS, {"CPU": 1, "GPU": 0.1}, 1, False, 8),  # limited by the CPUs
    (GPUS, {"CPU": 4, "GPU": 1}, 2, False, 1),
    (GPUS, {"CPU": 1, "GPU": 2}, 1, False, 1),
    (SMALL, {"CPU": 1}, 1, True, 3),  # each node may have to reserve 0.01 CPU for a driver
    (SLOTS, {"CPU": 1}, 1, True, 2),
    (SLOTS, {"CPU": 1}, 2, True, 1),
]


@pytest.mark.parametrize(("nodes", "share", "workers", "driven", "runs"), FITS)
def test_the_number_of_parallel_runs_follows_from_the_nodes_resources(
    nodes: list[Node], share: dict[str, float], workers: int, driven: bool, runs: int
) -> None:
    assert parallel_runs(nodes, share, workers, driven=driven) == runs


NEVER: list[tuple[Any, dict[str, float], int, bool, str]] = [
    # six CPUs in all, but no node with three
    (SMALL, {"CPU": 3}, 1, False, "One run needs 3 CPU on one node; there is room for 0. Ray has "),
    (SMALL, {"CPU": 2}, 4, False, "needs 2 CPU on one node, 4 times; there is room for 3. "),
    (SMALL, {"CPU": 1, "GPU": 1}, 1, False, "a with 2 CPU, 0 GPU; b with 2 CPU, 0 GPU; c"),
    (GPUS, {"CPU": 1, "GPU": 0.6}, 3, False, "needs 1 CPU and 0.6 GPU on one node, 3 times"),
    (GPUS, {"CPU": 1, "GPU": 1.5}, 1, False, "whole GPUs or a part of one; its share would be 1.5"),
    ([node("a", CPU=1)], {"CPU": 1}, 1, True, "beside a trial that drives it and takes 0.01 CPU"),
    ([], {"CPU": 1}, 1, False, "Ray has no node."),
]


@pytest.mark.parametrize(("nodes", "share", "workers", "driven", "message"), NEVER)
def test_a_run_that_never_fits_is_refused_with_the_nodes_resources(
    nodes: list[Node], share: dict[str, float], workers: int, driven: bool, message: str
) -> None:
    with pytest.raises(UserError) as refused:
        parallel_runs(nodes, share, workers, driven=driven)
    assert message in str(refused.value)
