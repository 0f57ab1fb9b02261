"""A small world in which a healthy model learns in seconds, and ways to break its training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.model.group import Group, Memory
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

HEALTHY = CONV_RESIDUE.with_(
    {
        "model.encoder": {"kind": "conv", "dim": 8, "layers": 1, "kernel": 9, "pool": 4},
        "model.attention": {"dim": 16, "heads": 2},
        "model.feed_forward": {"hidden": 16},
        "model.classifier": {"hidden": [16], "dropout": 0.0},
        "train.batch_size": 32,
        "train.lr": 3e-3,
        "train.epochs": 5,
    }
)
"""A convolution and one key per residue: a model on which the doctor finds nothing."""


def open_world(folder: Path) -> Inputs:
    """Four proteins; positives are so much richer in G and C that any working model learns it."""
    dataset = simulate(folder, World(proteins=4, sites=100, length=25, gc_gap=0.4))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)
    return Inputs.open(folder, SplitSpec(), "physchem")


def untrained(inputs: Inputs, **changes: Any) -> Training:
    """Return a run of the healthy recipe with changes; `model__residual` is `model.residual`."""
    recipe = HEALTHY.with_({key.replace("__", "."): value for key, value in changes.items()})
    return Training(recipe, 0, inputs)


class AlwaysZero(nn.Module):
    """A block whose output is zero for every input."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape[-1]))

    def forward(self, x: Tensor) -> Tensor:
        return (x[..., :1] * 0).expand(*x.shape[:-1], len(self.weight)) * self.weight


class Unmasked(nn.Module):
    """A memory that forgets which keys are padding."""

    def __init__(self, memory: nn.Module) -> None:
        super().__init__()
        self.inner = memory
        self.reads = memory.reads

    def forward(self, group: Group) -> Memory:
        return replace(self.inner(group), real_PS=None)


class OfTheBatch(nn.Module):
    """A head whose input is normalised by its mean and spread over the batch, always."""

    def __init__(self, head: nn.Module, weight: float) -> None:
        super().__init__()
        self.inner = head
        self.weight = weight

    def forward(self, x_BC: Tensor) -> Tensor:
        usual_BC = (x_BC - x_BC.mean(0)) / (x_BC.std(0) + 1e-3)
        return self.inner((1 - self.weight) * x_BC + self.weight * usual_BC)


class ProteinBlind(nn.Module):
    """A memory in which every protein is the first one of its group, with its mean subtracted."""

    def __init__(self, memory: nn.Module) -> None:
        super().__init__()
        self.inner = memory
        self.reads = memory.reads

    def forward(self, group: Group) -> Memory:
        assert group.residues_PRW is not None
        blank = replace(group, residues_PRW=group.residues_PRW * 0, mean_PW=group.mean_PW * 0)
        return self.inner(blank)


@dataclass(frozen=True)
class LabelBlind(Inputs):
    """A loader that gives every batch the same labels, whatever its windows are."""

    def batch(self, index_B: Tensor, reads: Any) -> tuple[Tensor, list[Group], Tensor]:
        rna_BL, groups, label_B = super().batch(index_B, reads)
        return rna_BL, groups, (torch.arange(len(label_B)) % 2).float()


@dataclass(frozen=True)
class UnmaskedLoader(Inputs):
    """A loader that marks every row of its padded blocks as a residue."""

    def batch(self, index_B: Tensor, reads: Any) -> tuple[Tensor, list[Group], Tensor]:
        rna_BL, groups, label_B = super().batch(index_B, reads)
        real = [replace(g, real_PR=torch.ones_like(g.real_PR)) for g in groups]
        return rna_BL, real, label_B


def shuffled(inputs: Inputs) -> Inputs:
    """Return the same windows, each with the label of another one."""
    order_N = torch.randperm(len(inputs.label_N), generator=torch.Generator().manual_seed(0))
    return replace(inputs, label_N=inputs.label_N[order_N])


def trained(training: Training) -> Training:
    """Train for all epochs."""
    for _ in training.epochs():
        pass
    return training
