"""What the doctor's tests share: one small world."""

from __future__ import annotations

import pytest
from toy_trainings import open_world

from rpbind.train.inputs import Inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """Four proteins, 800 windows of 25 nt; do not write to it."""
    return open_world(tmp_path_factory.mktemp("doctor") / "world")
