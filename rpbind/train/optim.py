"""The optimizer and the learning-rate schedule of a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
)

from rpbind.eager import EagerAdam, EagerAdamW
from rpbind.recipe import training as fields
from rpbind.recipe.base import Hyperparameters

Maker = Callable[[Any, fields.Train, Optimizer, int], LRScheduler]
"""(schedule's config, training config, optimizer, batches per epoch) -> schedule."""


def optimizer_of(config: fields.Train, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Return an optimizer for parameters; fused, a step is one pass over them."""
    return OPTIMIZERS[config.optimizer](
        parameters, lr=config.lr, weight_decay=config.weight_decay, fused=True
    )


def schedule_of(config: fields.Train, optimizer: Optimizer, batches: int) -> LRScheduler:
    """Return the learning-rate schedule; `batches` is the number of batches per epoch."""
    return SCHEDULES[type(config.schedule)](config.schedule, config, optimizer, batches)


def after_batch(schedule: LRScheduler) -> None:
    """Step a schedule that changes with each batch."""
    if isinstance(schedule, OneCycleLR):
        schedule.step()


def after_epoch(schedule: LRScheduler, loss: float) -> None:
    """Step a schedule that changes with each epoch; `loss` is the validation loss."""
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(loss)
    elif not isinstance(schedule, OneCycleLR):
        schedule.step()


def _plateau(
    part: fields.Plateau, config: fields.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    return ReduceLROnPlateau(
        optimizer, factor=part.factor, patience=part.patience, min_lr=part.min_lr
    )


def _cosine(
    part: fields.Cosine, config: fields.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    return CosineAnnealingLR(optimizer, T_max=config.epochs)


def _one_cycle(
    part: fields.OneCycle, config: fields.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    """Return a schedule that changes with each batch."""
    # one step more than are made, because OneCycleLR raises after its last step
    steps = config.epochs * batches + 1
    steps += part.rise * steps == 1.0  # with a single rising step, torch divides 0 by 0
    return OneCycleLR(optimizer, max_lr=config.lr, total_steps=steps, pct_start=part.rise)


def _constant(
    part: fields.Constant, config: fields.Train, optimizer: Optimizer, batches: int
) -> LRScheduler:
    return LambdaLR(optimizer, _same)


def _same(epoch: int) -> float:
    return 1.0


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"adam": EagerAdam, "adamw": EagerAdamW}
SCHEDULES: dict[type[Hyperparameters], Maker] = {
    fields.Plateau: _plateau,
    fields.Cosine: _cosine,
    fields.OneCycle: _one_cycle,
    fields.Constant: _constant,
}
