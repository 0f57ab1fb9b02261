"""Shared by the tests of this room: a model that has learnt the motifs, trained once."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_trained import SEES_MOTIFS, SMALL, Toy, train, world


@pytest.fixture(scope="session")
def sees_motifs(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A convolution with residue memory whose test AUROC is above 0.98."""
    folder = tmp_path_factory.mktemp("motifs")
    toy = train(world(folder / "world"), folder / "runs", SEES_MOTIFS)
    assert toy.row.metrics["test.auroc_macro"] > 0.98
    return toy


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of four proteins, for models that need not learn anything."""
    return world(tmp_path_factory.mktemp("small") / "world", SMALL)
