"""Do batches hold what they were asked for? Letters and labels must follow their windows."""

from __future__ import annotations

import torch
from torch import Tensor

from rpbind.model.memory import Reads
from rpbind.train.inputs import Inputs


def loader(inputs: Inputs, index_B: Tensor, reads: Reads) -> dict[str, float]:
    """Return the share of windows that differ when asked for in another order, and of the rarer
    class among their labels."""
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
