"""Small recipes, and inputs of the tiny world, for the tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rpbind.data.splits import SplitSpec
from rpbind.gathering.planned import Planned
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED
from rpbind.train.inputs import Inputs
from rpbind.train.task import Job

SPLIT = SplitSpec("cold-rna", (50, 25, 25))
SMALL = {"train.batch_size": 16, "train.epochs": 3}
FIXED_SMALL = narrowed(FIXED, 8).with_(SMALL)
CONV_SMALL = narrowed(CONV_RESIDUE, 4).with_(SMALL)


def open_inputs(tiny: Path) -> Inputs:
    return Inputs.open(tiny, SPLIT, "physchem")


def job(folder: Path, recipe: Recipe = FIXED_SMALL, **changes: Any) -> Job:
    return Job(**({"arm": "arm", "recipe": recipe, "seed": 0, "folder": folder} | changes))


def silent(point: dict[str, float]) -> None:
    """A report function that does nothing."""


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether two sets of weights are the same, bit by bit."""
    return one.keys() == other.keys() and all(torch.equal(v, other[k]) for k, v in one.items())


@contextmanager
def batches_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[int]]]:
    """Collect the window indices of every batch that is gathered."""
    seen: list[list[int]] = []
    gather = Inputs.batch

    def spy(self: Inputs, batch: Tensor | Planned, reads: Any) -> Any:
        index_B = batch.index_B if isinstance(batch, Planned) else batch
        seen.append(index_B.tolist())
        return gather(self, batch, reads)

    with monkeypatch.context() as patch:
        patch.setattr(Inputs, "batch", spy)
        yield seen
