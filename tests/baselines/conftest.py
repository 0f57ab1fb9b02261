"""Shared by the tests of the room: a simulated world and its baselines, each scored once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rpbind.baselines.data import BaselineData
from rpbind.baselines.run import baseline_rows
from rpbind.data.splits import Rule, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.ledger import Row
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.train.opened import OpenData

Scored = Callable[..., Row]


def open_data(folder: Path, spec: SplitSpec) -> BaselineData:
    opened = OpenData(folder)
    return BaselineData.from_dataset(
        opened.dataset, opened.split(spec), opened.embeddings("physchem")
    )


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve simulated proteins: motifs, G and C, base rates and overlaps are planted."""
    folder = tmp_path_factory.mktemp("baselines") / "world"
    dataset = simulate(folder, World(proteins=12, sites=100))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)
    return folder


@pytest.fixture(scope="session")
def scored(world: Path) -> Scored:
    """Score one baseline on the world under a split rule; each is scored only once."""
    opened: dict[str, BaselineData] = {}
    rows: dict[tuple[str, str], Row] = {}

    def score(name: str, rule: Rule = "cold-rna") -> Row:
        if rule not in opened:
            opened[rule] = open_data(world, SplitSpec(rule))
        if (name, rule) not in rows:
            (rows[name, rule],) = baseline_rows(opened[rule], (name,))
        return rows[name, rule]

    return score


@pytest.fixture
def tiny_data(tiny: Path) -> BaselineData:
    """The four proteins that the tests of training share."""
    return open_data(tiny, SplitSpec("cold-rna", (50, 25, 25)))
