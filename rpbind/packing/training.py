"""Runs that are trained together: one step of all of them goes through one stacked model.

Each replica keeps what makes it a run: parameters, order of the windows, streams of random numbers,
optimizer, schedule, clipping, early stopping, and its curve.

Shapes: R replicas, N numbers of a replica's parameters, B windows of a batch, L nucleotides.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.gathering.planned import Planned, rows_of
from rpbind.packing.stack import Stack
from rpbind.train.augment import augment
from rpbind.train.loop import Training
from rpbind.train.optim import after_batch, optimizer_of, schedule_of


class Replica:
    """A run of a pack: its `Training`, with an optimizer for a row of the pack's parameters.

    Parameters
    ----------
    training
        The run, before its first epoch.
    """

    def __init__(self, training: Training) -> None:
        self.training = training
        config = training.recipe.train
        parameters = list(training.model.parameters())
        self.row = nn.Parameter(torch.cat([p.detach().flatten() for p in parameters]))
        training.optimizer = optimizer_of(config, [self.row])
        training.schedule = schedule_of(config, training.optimizer, training.batches)


class Pack:
    """The replicas that are trained now.

    Parameters
    ----------
    replicas
        Runs of one architecture that read the same windows in batches of one size.
    """

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self.replicas = tuple(replicas)
        self.trainings = [replica.training for replica in replicas]
        self.inputs = self.trainings[0].inputs
        self.stack = Stack([training.model for training in self.trainings])
        for replica, row in zip(replicas, self.stack.flat_RN, strict=False):
            replica.row.data = row
        limits = [training.recipe.train.clip_norm or math.inf for training in self.trainings]
        self.limit_R = torch.tensor([limits[n] for n in self.stack.places]).to(self.stack.flat_RN)

    def train_epoch(self) -> list[tuple[float, float, int, float]]:
        """Train every replica for its next epoch.

        Returns
        -------
        For each replica what `Training.end_epoch` takes: mean loss, mean norm of the gradient,
        windows, and its share of the seconds.
        """
        began = time.monotonic()
        each = [training.begin_epoch() for training in self.trainings]
        total_2R = torch.zeros(2, len(each), dtype=torch.float64, device=self.limit_R.device)
        in_turn = [index_B for batches in zip(*each, strict=True) for index_B in batches]
        planned = self.inputs.planned(in_turn, "mean")
        for _ in each[0]:
            total_2R += self.step([next(planned) for _ in each])
        loss_R, norm_R = (total_2R / len(each[0])).tolist()
        windows = sum(len(index_B) for index_B in each[0])
        seconds = (time.monotonic() - began) / len(each)
        return [(loss, norm, windows, seconds) for loss, norm in zip(loss_R, norm_R, strict=True)]

    def step(self, batches: Sequence[Planned]) -> Tensor:
        """Make one gradient step of each replica.

        Parameters
        ----------
        batches
            The batch of each replica (B,), of `Inputs.planned`.

        Returns
        -------
        Tensor
            (2, R) float64: losses, and norms of the gradients before clipping.
        """
        inputs, count = self.inputs, len(batches)
        augmented = [
            augment(rows_of(inputs.rna_NL, batch), training.recipe.train, training.stream)
            for batch, training in zip(batches, self.trainings, strict=True)
        ]
        proteins = [batch.groups[0].members_P[batch.groups[0].protein_B] for batch in batches]
        labels = [inputs.label_N[batch.there_B] for batch in batches]
        rna_RBL, protein_RB, label_RB = (
            torch.stack([each[place] for place in self.stack.places])
            for each in (augmented, proteins, labels)
        )
        logit_RB = self.stack.logits(rna_RBL, protein_RB, inputs.mean_PW, inputs.experiments)
        loss_R = F.binary_cross_entropy_with_logits(
            logit_RB, label_RB.to(logit_RB.dtype), reduction="none"
        ).mean(1)
        grad_RN = self.stack.gradient(loss_R.sum())
        norm_R = torch.linalg.vector_norm(grad_RN, dim=1)
        grad_RN.mul_((self.limit_R / (norm_R + 1e-6)).clamp(max=1.0).unsqueeze(1))
        for replica, grad in zip(self.replicas, grad_RN, strict=False):
            replica.row.grad = grad
            replica.training.optimizer.step()
            after_batch(replica.training.schedule)
        return torch.stack([loss_R.detach(), norm_R])[:, :count].double()
