"""Test of the loader: a window keeps its letters and label wherever it stands in a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from rpbind.model.group import Reads
from rpbind.train.inputs import Inputs


def loader(inputs: Inputs, index_B: Tensor, reads: Reads) -> dict[str, float]:
    """Return two shares of a batch of windows.

    `loader.moved` is the share of windows whose letters or label change if the batch is requested
    in another order, and `loader.rarer` the share of the rarer class.
    """
    order_B = torch.randperm(len(index_B), generator=torch.Generator().manual_seed(0))
    order_B = order_B.to(index_B.device)
    rna_BL, _, label_B = inputs.batch(index_B, reads)
    again_BL, _, label_again_B = inputs.batch(index_B[order_B], reads)
    moved_B = (again_BL != rna_BL[order_B]).any(1) | (label_again_B != label_B[order_B])
    bound = float(label_B.mean())
    return {
        "loader.moved": float(moved_B.double().mean()),
        "loader.rarer": min(bound, 1 - bound),
    }
