"""Fit one batch: repeat the run's own training step on the same few windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from rpbind.doctor.gradients import blocks, norm
from rpbind.doctor.kinds import LN2
from rpbind.seeding.streams import Dropout
from rpbind.train.loop import Training

STEPS = 40
LAST = 5
TINY = 1e-12


@dataclass(frozen=True)
class Fit:
    """The loss of each step, accuracies on the batch, and by how much each block's weights moved.

    `gradient_norms` has the norm of the encoder's gradient at each step, before clipping; it is
    empty for a whole model of the user's own without a child module "encoder". `moved` is relative
    to the block's weights before the fit: |after - before| / |before|.
    """

    losses: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    accuracy_before: float
    accuracy: float
    moved: dict[str, float]

    @property
    def end(self) -> float:
        """Mean loss of the last steps."""
        return sum(self.losses[-LAST:]) / LAST

    @property
    def worst(self) -> float:
        """Highest loss divided by the larger of the first loss and ln 2; infinite after a NaN."""
        if not all(map(math.isfinite, self.losses)):
            return math.inf
        return max(self.losses) / max(self.losses[0], LN2)


def fit(training: Training, index_B: Tensor, steps: int = STEPS) -> Fit:
    """Train on one batch without dropout and augmentation.

    This tests whether labels and gradients arrive, so regularisation would only disturb. The fit
    changes the run's weights and optimizer, so the run cannot be trained afterwards.
    """
    training.recipe = training.recipe.with_({"train.shift": 0, "train.mask": 0.0})
    before = {name: _flat_weights(training, name) for name in blocks(training.model)}
    _turn_off_dropout(training)
    _hold_peak_rate(training)
    accuracy_before = _accuracy(training, index_B)
    encoder = blocks(training.model).get("encoder")
    losses: list[float] = []
    gradient_norms: list[float] = []
    while len(losses) < steps and (not losses or math.isfinite(losses[-1])):
        loss, total_norm = training.step(index_B).tolist()
        losses.append(loss)
        if encoder is not None:
            gradient_norms.append(norm(encoder) * _clip_factor(training, total_norm))
    moved = {
        name: float((_flat_weights(training, name) - was).norm() / was.norm().clamp(min=TINY))
        for name, was in before.items()
    }
    return Fit(
        tuple(losses), tuple(gradient_norms), accuracy_before, _accuracy(training, index_B), moved
    )


def _clip_factor(training: Training, total_norm: float) -> float:
    """Return the factor by which clipping shortened a gradient of this norm."""
    limit = training.recipe.train.clip_norm
    return 1.0 if limit is None else max(1.0, total_norm / limit)


def _turn_off_dropout(training: Training) -> None:
    training.model.train()
    for module in training.model.modules():
        if isinstance(module, Dropout):
            module.eval()


def _hold_peak_rate(training: Training) -> None:
    """Set a one-cycle learning rate to its maximum: the fit ends before the rate would rise."""
    if isinstance(training.schedule, OneCycleLR):
        for group in training.optimizer.param_groups:
            group["lr"] = group["max_lr"]
        training.schedule = ReduceLROnPlateau(training.optimizer)  # steps do not change it


@torch.no_grad()
def _accuracy(training: Training, index_B: Tensor) -> float:
    """Return the share of windows classified correctly, in train mode as in a training step."""
    rna_BL, groups, label_B = training.inputs.batch(index_B, training.model.reads)
    return float(((training.model(rna_BL, groups) > 0) == (label_B > 0.5)).double().mean())


def _flat_weights(training: Training, name: str) -> Tensor:
    weights = blocks(training.model)[name].parameters()
    return torch.cat([p.detach().flatten().clone() for p in weights])
