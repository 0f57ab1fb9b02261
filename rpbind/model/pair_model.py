"""What every model of (RNA window, protein) pairs has, whether it is ours or the user's own.

Shapes: B windows, L nucleotides, W protein vector width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rpbind.model.group import Group, Reads


class PairModel(nn.Module):
    """A model of (RNA window, protein) pairs."""

    reads: Reads
    """What it reads of a protein: its mean vector ("mean") or its residues."""

    varying: bool = False
    """Whether windows of a batch may differ in length: shorter ones are then padded with `PAD`."""

    def forward(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the logit of binding (B,) for tokens (B, L) and the proteins of the windows."""
        raise NotImplementedError


class WholeModel(nn.Module):
    """Marks a whole model of the user's own: rpbind sees its parameters, but not its parts."""


def mean_vectors(groups: Sequence[Group]) -> Tensor:
    """Return the mean vector of each window's protein (B, W)."""
    return in_batch_order([g.mean_PW[g.protein_B] for g in groups], groups)


def in_batch_order(by_group: list[Tensor], groups: Sequence[Group]) -> Tensor:
    """Concatenate the groups' results and restore the order of the batch."""
    return torch.cat(by_group)[torch.argsort(torch.cat([g.rows_B for g in groups]))]
