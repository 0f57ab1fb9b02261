"""The gradient norm of each block, in evaluation mode, because dropout would add noise."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.model.pair_model import PairModel
from rpbind.train.inputs import Inputs


def blocks(model: PairModel) -> dict[str, nn.Module]:
    """Return the blocks of a model that have weights, by name: encoder, memory, ..., head.

    Weights that a model of the user's own has outside its child modules are the block "model".
    """
    found = {name: block for name, block in model.named_children() if list(block.parameters())}
    rest = list(model.parameters(recurse=False))
    return found | ({"model": nn.ParameterList(rest)} if rest else {})


def gradients(model: PairModel, inputs: Inputs, index_B: Tensor) -> dict[str, float]:
    """Return the norm of each block's gradient of the loss on these windows."""
    model.eval()
    model.zero_grad(set_to_none=True)
    rna_BL, groups, label_B = inputs.batch(index_B, model.reads)
    loss = F.binary_cross_entropy_with_logits(model(rna_BL, groups), label_B)
    if loss.requires_grad:
        loss.backward()
    measured = {f"gradient.{name}": norm(block) for name, block in blocks(model).items()}
    model.zero_grad(set_to_none=True)
    return measured | {"loss": float(loss.detach())}


def norm(block: nn.Module) -> float:
    """Return the norm of a block's gradient; a weight without one counts as 0."""
    squares = [float(p.grad.square().sum()) for p in block.parameters() if p.grad is not None]
    return float(sum(squares)) ** 0.5
