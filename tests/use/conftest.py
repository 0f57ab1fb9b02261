"""What the tests of the room share: a model that has found the motifs, trained once."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_trained import SEES_MOTIFS, SMALL, Toy, train, world


@pytest.fixture(scope="session")
def sees_motifs(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A convolution with residue memory that tells nearly all windows apart."""
    folder = tmp_path_factory.mktemp("motifs")
    toy = train(world(folder / "world"), folder / "runs", SEES_MOTIFS)
    assert toy.row.metrics["test.auroc_macro"] > 0.98
    return toy


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of four proteins, for models that need not learn anything."""
    return world(tmp_path_factory.mktemp("small") / "world", SMALL)
