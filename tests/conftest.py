"""What tests share: Ray on loopback with a token, and a tiny world of 4 proteins, 96 windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpbind.data.world import World, simulate
from rpbind.proteins.bank import build_bank
from rpbind.proteins.encoders import make_encoder
from rpbind.study.environment import prepare

prepare(None)  # before any test module imports Ray, which reads its settings then


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder with its physico-chemical bank; do not write to it."""
    folder = tmp_path_factory.mktemp("tiny") / "world"
    dataset = simulate(folder, World(proteins=4, sites=12, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_bank(folder / "bank", make_encoder("physchem"), sequences)
    return folder
