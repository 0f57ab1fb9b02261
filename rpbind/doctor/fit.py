"""Can it fit one batch? Steps of the run's own training on a few windows, again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from rpbind.doctor.gradients import blocks, norm
from rpbind.doctor.kinds import LN2
from rpbind.model.seeding import Dropout
from rpbind.train.loop import Training

STEPS = 40
LAST = 5
TINY = 1e-12


@dataclass(frozen=True)
class Fit:
    """The loss of each step, accuracies on the batch, and by how much each block moved.

    `reach` is the norm of the encoder's gradient at each step, before clipping; `moved` is relative
    to the block's weights before: |now - before| / |before|.
    """

    losses: tuple[float, ...]
    reach: tuple[float, ...]
    accuracy_before: float
    accuracy: float
    moved: dict[str, float]

    @property
    def end(self) -> float:
        """Mean loss of the last steps."""
        return sum(self.losses[-LAST:]) / LAST

    @property
    def worst(self) -> float:
        """The highest loss, as a multiple of the first one (or a coin's); infinite after a NaN."""
        if not all(map(math.isfinite, self.losses)):
            return math.inf
        return max(self.losses) / max(self.losses[0], LN2)


def fit(training: Training, index_B: Tensor, steps: int = STEPS) -> Fit:
    """Train on one batch, without dropout and augmentation, and return what came of it.

    The question is whether labels and gradients arrive, not how well it is regularised. The run is
    used up: its weights and its optimizer are those after the fit.
    """
    training.recipe = training.recipe.with_({"train.shift": 0, "train.mask": 0.0})
    before = {name: _flat(training, name) for name in blocks(training.model)}
    _quiet(training)
    _at_its_rate(training)
    at_first = _accuracy(training, index_B)
    losses: list[float] = []
    reach: list[float] = []
    while len(losses) < steps and (not losses or math.isfinite(losses[-1])):
        loss, whole = training.step(index_B).tolist()
        losses.append(loss)
        reach.append(norm(training.model.encoder) * _clipped_by(training, whole))
    moved = {
        name: float((_flat(training, name) - was).norm() / was.norm().clamp(min=TINY))
        for name, was in before.items()
    }
    return Fit(tuple(losses), tuple(reach), at_first, _accuracy(training, index_B), moved)


def _clipped_by(training: Training, whole: float) -> float:
    """The factor by which a step made a gradient of this norm shorter."""
    limit = training.recipe.train.clip_norm
    return 1.0 if limit is None else max(1.0, whole / limit)


def _quiet(training: Training) -> None:
    training.model.train()
    for module in training.model.modules():
        if isinstance(module, Dropout):
            module.eval()


def _at_its_rate(training: Training) -> None:
    """Take a rate that rises with the steps at its highest: a fit is shorter than the rise."""
    if isinstance(training.schedule, OneCycleLR):
        for group in training.optimizer.param_groups:
            group["lr"] = group["max_lr"]
        training.schedule = ReduceLROnPlateau(training.optimizer)  # which no step moves


@torch.no_grad()
def _accuracy(training: Training, index_B: Tensor) -> float:
    """Share of the batch that is told rightly, under the batch's own norms, as in a step."""
    rna_BL, groups, label_B = training.inputs.batch(index_B, training.model.reads)
    return float(((training.model(rna_BL, groups) > 0) == (label_B > 0.5)).double().mean())


def _flat(training: Training, name: str) -> Tensor:
    weights = blocks(training.model)[name].parameters()
    return torch.cat([p.detach().flatten().clone() for p in weights])
