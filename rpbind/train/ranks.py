"""What the workers that train one run together exchange."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import distributed, nn


def broadcast_buffers(model: nn.Module, world: int) -> None:
    """Copy the running statistics of rank 0 to every rank, so that all give the same scores."""
    if world > 1:
        for buffer in model.buffers():
            distributed.broadcast(buffer, 0)


def gather(world: int, *mine: np.ndarray) -> list[np.ndarray]:
    """Concatenate every rank's arrays, in rank order, on every rank."""
    if world == 1:
        return list(mine)
    everyone: list[Any] = [None] * world
    distributed.all_gather_object(everyone, mine)
    return [np.concatenate(columns) for columns in zip(*everyone, strict=True)]
