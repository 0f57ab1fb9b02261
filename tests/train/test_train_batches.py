"""Batches of an epoch: every window once, the last batch smaller, as in the original model."""

import pytest
import torch

from rpbind.recipe.presets import OLD
from rpbind.train.batches import batch_count, shuffled_batches


@pytest.mark.parametrize(
    ("windows", "world", "sizes"),
    [
        (100, 1, [32, 32, 32, 4]),
        (96, 1, [32, 32, 32]),
        (97, 1, [32, 32, 32]),  # batch norm cannot train on one window
        (98, 1, [32, 32, 32, 2]),
        (20, 1, [20]),
        (101, 2, [32, 32, 32, 4]),  # both ranks get the same number
        (99, 2, [32, 32, 32]),
        (21, 2, [20]),
        (100, 3, [30, 30, 30, 9]),
    ],
)
def test_an_epoch_trains_on_every_window_that_can_be_divided_evenly(
    windows: int, world: int, sizes: list[int]
) -> None:
    batches = shuffled_batches(torch.arange(windows), OLD.train, (0, 1), world)
    assert [len(index_B) for index_B in batches] == sizes
    assert batch_count(OLD.train, windows, world) == len(sizes)
    assert torch.cat(batches).unique().numel() == sum(sizes)
