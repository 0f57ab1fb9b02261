"""Batches of window indices: for training, the same in every arm, and for scoring."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from rpbind.errors import UserError
from rpbind.recipe import training as fields
from rpbind.seeding.streams import generator

EVALUATION_BATCH = 256
"""Windows that are scored together. More gain little on a CPU, and would change scores by rounding;
see `docs/decisions/0032-a-busy-gpu.md`."""
DEVICE_BATCH = 2048
"""Windows that are scored together on a GPU."""
MIN_WINDOWS = 2
"""The fewest windows in a piece of a batch: batch norm needs two."""


def scoring_batches(index_N: Tensor, size: int = EVALUATION_BATCH) -> list[Tensor]:
    """Cut windows into batches for scoring, each of them spread over all windows.

    Parameters
    ----------
    index_N
        (N,) int64 window indices.
    size
        Windows of a batch.

    Returns
    -------
    Batches of about `size` indices, together all of `index_N`.
    """
    # windows are in the order of proteins, and a batch of one long protein is slow and large
    batches = math.ceil(len(index_N) / size)
    return [index_N[start::batches] for start in range(batches)]


def check_workers(world: int, config: fields.Train, windows: Mapping[str, int]) -> None:
    """Raise `UserError` if a batch or a part has too few windows for all workers."""
    batch, smallest = min(config.batch_size, windows["train"]), min(windows.values())
    if world > 1 and (batch < MIN_WINDOWS * world or smallest < world):
        raise UserError(
            f"{world} workers need batches of at least {MIN_WINDOWS * world} windows, and at least "
            f"{world} windows in every part. The batch has {batch}, the smallest part {smallest}. "
            "Use fewer --workers."
        )


def shuffled_batches(
    index_N: Tensor, config: fields.Train, key: tuple[int, int], world: int
) -> tuple[Tensor, ...]:
    """Shuffle the training windows by (seed, epoch) alone and cut them into batches.

    The last batch is smaller, as in the original model. Every rank gets the same number of its
    windows; with fewer than two per rank it is left out. A set smaller than a batch is one batch.
    """
    stream = generator("cpu", "order", *key)
    shuffled = index_N[torch.randperm(len(index_N), generator=stream).to(index_N.device)]
    size = batch_size(config, len(index_N), world)
    batches = shuffled[: _trained_windows(len(index_N), size, world)].split(size)
    return tuple(batches)


def batch_count(config: fields.Train, windows: int, world: int) -> int:
    """Return the number of batches of an epoch."""
    size = batch_size(config, windows, world)
    return math.ceil(_trained_windows(windows, size, world) / size)


def _trained_windows(windows: int, size: int, world: int) -> int:
    """Return the number of windows that an epoch trains on."""
    left = windows % size // world * world
    return windows // size * size + (left if left >= MIN_WINDOWS * world else 0)


def batch_size(config: fields.Train, windows: int, world: int) -> int:
    """Return the number of windows in a full batch of all ranks, each with the same number."""
    return min(config.batch_size, windows) // world * world
