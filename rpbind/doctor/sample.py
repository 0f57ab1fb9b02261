"""The few windows that are examined, always the same, and with both labels for each protein."""

from __future__ import annotations

import torch
from torch import Tensor

from rpbind.train.inputs import Inputs

PROTEINS, OF_EACH_CLASS = 8, 4


def sample(inputs: Inputs) -> Tensor:
    """Return indices (B,) of training windows: as many positives as negatives of each protein.

    They belong to the shortest proteins, to save time; the measures do not depend on which proteins
    are taken. If no protein has windows of both classes, windows are taken evenly from all.
    """
    train_N = inputs.parts["train"]
    protein_N, label_N = inputs.protein_N[train_N].long(), inputs.label_N[train_N]
    chosen: list[Tensor] = []
    for protein in torch.argsort(inputs.length_P, stable=True).tolist():
        mine = [train_N[(protein_N == protein) & (label_N == label)] for label in (0, 1)]
        count = min(OF_EACH_CLASS, *map(len, mine))
        if count:
            chosen += [evenly(windows, count) for windows in mine]
        if len(chosen) == 2 * PROTEINS:
            break
    if not chosen:
        return evenly(train_N, 2 * PROTEINS * OF_EACH_CLASS)
    return torch.cat(chosen)


def evenly(index_N: Tensor, count: int) -> Tensor:
    """Return `count` of the indices, spread evenly over all; all of them if there are no more."""
    count = min(count, len(index_N))
    return index_N[torch.arange(count, device=index_N.device) * len(index_N) // max(count, 1)]
