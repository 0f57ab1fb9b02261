"""Which windows go together: batches to train on, the same for every arm, and batches to score."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from rpbind import parts
from rpbind.errors import UserError
from rpbind.model.seeding import generator

EVALUATION_BATCH = 256
FEWEST = 2
"""Windows in the smallest piece of a batch: batch norm needs two."""


def scoring_batches(index_N: Tensor) -> list[Tensor]:
    """Cut windows into batches to be scored, each of them spread over all windows."""
    # a dataset is in order of proteins, and a batch of one long protein is slow and large
    batches = math.ceil(len(index_N) / EVALUATION_BATCH)
    return [index_N[start::batches] for start in range(batches)]


def check_workers(world: int, plan: parts.Train, windows: Mapping[str, int]) -> None:
    """Refuse more workers than there is work for: batch norm needs two windows on each."""
    batch, smallest = min(plan.batch_size, windows["train"]), min(windows.values())
    if world > 1 and (batch < FEWEST * world or smallest < world):
        raise UserError(
            f"{world} workers need batches of at least {FEWEST * world} windows and as many "
            f"windows in every part as there are workers; the batch has {batch}, the smallest part "
            f"{smallest}. Ask for fewer --workers."
        )


def shuffled_batches(
    index_N: Tensor, plan: parts.Train, key: tuple[int, int], world: int
) -> tuple[Tensor, ...]:
    """Shuffle the training windows by (seed, epoch) alone and cut them into equal batches.

    What is left over is dropped: every epoch leaves out other windows. A set that is smaller than a
    batch is one batch.
    """
    stream = generator("cpu", "order", *key)
    shuffled = index_N[torch.randperm(len(index_N), generator=stream).to(index_N.device)]
    size = batch_size(plan, len(index_N), world)
    return shuffled[: len(index_N) // size * size].split(size)


def batch_size(plan: parts.Train, windows: int, world: int) -> int:
    """Windows of a batch, over all ranks: every rank gets as many."""
    return min(plan.batch_size, windows) // world * world
