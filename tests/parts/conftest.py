"""What the tests of own classes share."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpbind.data.splits import SplitSpec
from rpbind.train.inputs import Inputs


@pytest.fixture(scope="session")
def inputs(tiny: Path) -> Inputs:
    """The tiny world: 4 proteins, 96 windows of 31 nt."""
    return Inputs.open(tiny, SplitSpec("cold-rna", (50, 25, 25)), "physchem")
