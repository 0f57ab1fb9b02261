"""Which windows go together: batches to train on, the same for every arm, and batches to score."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from rpbind.errors import UserError
from rpbind.model.seeding import generator
from rpbind.recipe import training as fields

EVALUATION_BATCH = 256
MIN_WINDOWS = 2
"""Windows in the smallest piece of a batch: batch norm needs two."""


def scoring_batches(index_N: Tensor) -> list[Tensor]:
    """Cut windows into batches to be scored, each of them spread over all windows."""
    # a dataset is in order of proteins, and a batch of one long protein is slow and large
    batches = math.ceil(len(index_N) / EVALUATION_BATCH)
    return [index_N[start::batches] for start in range(batches)]


def check_workers(world: int, config: fields.Train, windows: Mapping[str, int]) -> None:
    """Refuse more workers than there is work for: batch norm needs two windows on each."""
    batch, smallest = min(config.batch_size, windows["train"]), min(windows.values())
    if world > 1 and (batch < MIN_WINDOWS * world or smallest < world):
        raise UserError(
            f"{world} workers need batches of at least {MIN_WINDOWS * world} windows and as many "
            f"windows in every part as there are workers; the batch has {batch}, the smallest part "
            f"{smallest}. Ask for fewer --workers."
        )


def shuffled_batches(
    index_N: Tensor, config: fields.Train, key: tuple[int, int], world: int
) -> tuple[Tensor, ...]:
    """Shuffle the training windows by (seed, epoch) alone and cut them into batches.

    The last one is smaller, as in the original model; it is left out where it has fewer than two
    windows for each rank, and every rank gets as many of it. A set that is smaller than a batch is
    one batch.
    """
    stream = generator("cpu", "order", *key)
    shuffled = index_N[torch.randperm(len(index_N), generator=stream).to(index_N.device)]
    size = batch_size(config, len(index_N), world)
    batches = shuffled[: _trained_windows(len(index_N), size, world)].split(size)
    return tuple(batches)


def batch_count(config: fields.Train, windows: int, world: int) -> int:
    """Return how many batches an epoch has."""
    size = batch_size(config, windows, world)
    return math.ceil(_trained_windows(windows, size, world) / size)


def _trained_windows(windows: int, size: int, world: int) -> int:
    """Return how many windows an epoch trains on."""
    left = windows % size // world * world
    return windows // size * size + (left if left >= MIN_WINDOWS * world else 0)


def batch_size(config: fields.Train, windows: int, world: int) -> int:
    """Return the windows of a full batch, over all ranks: every rank gets as many."""
    return min(config.batch_size, windows) // world * world
