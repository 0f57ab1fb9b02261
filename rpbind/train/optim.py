"""The optimizer and the learning-rate schedule of a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
)

from rpbind import parts

Maker = Callable[[Any, parts.Train, Optimizer, int], LRScheduler]
"""(part, plan, optimizer, batches of an epoch) -> schedule."""


def optimizer_of(plan: parts.Train, model: nn.Module) -> Optimizer:
    """Return the optimizer of a plan, for all parameters of a model."""
    return OPTIMIZERS[plan.optimizer](
        model.parameters(), lr=plan.lr, weight_decay=plan.weight_decay
    )


def schedule_of(plan: parts.Train, optimizer: Optimizer, batches: int) -> LRScheduler:
    """Return the schedule of a plan whose epochs have so many batches."""
    return SCHEDULES[type(plan.schedule)](plan.schedule, plan, optimizer, batches)


def _plateau(
    part: parts.Plateau, plan: parts.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    return ReduceLROnPlateau(
        optimizer, factor=part.factor, patience=part.patience, min_lr=part.min_lr
    )


def _cosine(
    part: parts.Cosine, plan: parts.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    return CosineAnnealingLR(optimizer, T_max=plan.epochs)


def _one_cycle(
    part: parts.OneCycle, plan: parts.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    """Return a schedule that moves with each batch."""
    # one step more than there are: a scheduler that is asked beyond its last one raises
    steps = plan.epochs * batches + 1
    steps += part.rise * steps == 1.0  # there torch divides nothing by nothing
    return OneCycleLR(optimizer, max_lr=plan.lr, total_steps=steps, pct_start=part.rise)


def _constant(
    part: parts.Constant, plan: parts.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    return LambdaLR(optimizer, _same)


def _same(epoch: int) -> float:
    return 1.0


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"adam": Adam, "adamw": AdamW}
SCHEDULES: dict[type[parts.Part], Maker] = {
    parts.Plateau: _plateau,
    parts.Cosine: _cosine,
    parts.OneCycle: _one_cycle,
    parts.Constant: _constant,
}
