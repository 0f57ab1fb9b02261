"""The optimizer and the learning-rate schedule of a plan."""

from __future__ import annotations

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


def optimizer_of(plan: parts.Train, model: nn.Module) -> Optimizer:
    """The optimizer of a plan, for all parameters of a model."""
    family = {"adam": Adam, "adamw": AdamW}[plan.optimizer]
    return family(model.parameters(), lr=plan.lr, weight_decay=plan.weight_decay)


def schedule_of(plan: parts.Train, optimizer: Optimizer, batches: int) -> LRScheduler:
    """The schedule of a plan whose epochs have so many batches; one-cycle moves with each batch."""
    match plan.schedule:
        case parts.Plateau(factor=factor, patience=patience, min_lr=floor):
            return ReduceLROnPlateau(optimizer, factor=factor, patience=patience, min_lr=floor)
        case parts.Cosine():
            return CosineAnnealingLR(optimizer, T_max=plan.epochs)
        case parts.OneCycle(rise=rise):
            # one step more than there are: a scheduler that is asked beyond its last one raises
            steps = plan.epochs * batches + 1
            steps += rise * steps == 1.0  # there torch divides nothing by nothing
            return OneCycleLR(optimizer, max_lr=plan.lr, total_steps=steps, pct_start=rise)
        case parts.Constant():
            return LambdaLR(optimizer, _same)


def _same(epoch: int) -> float:
    return 1.0
