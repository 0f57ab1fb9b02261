"""Cross-attention to a memory whose values are all equal: the fast form of `old` and `fixed`.

If all values of a protein are equal, a query's context is that value, times the sum of the weights
that dropout keeps. So no context is computed per position: each protein's value goes through the
output projection once, and every position scales it, head by head. The keys of such a memory
differ only by their positions, because what all keys of a protein have in common cancels in the
softmax. So the weights depend on the query alone.

Shapes: B windows, Q query positions, P proteins, S keys, E attention width, H heads, D = E / H
width of a head, T letters, N positions of all windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from rpbind.model.attention import CrossAttention
from rpbind.model.memory import Expanded, Pooled


def attend_to_one_value(
    attend: CrossAttention,
    value_PE: Tensor,
    protein_B: Tensor,
    sum_BQH: Tensor | None,
    queries: int,
) -> Tensor:
    """Return the output of the attention, as `attend.project(attend.context(...))` does.

    Parameters
    ----------
    attend
        The attention.
    value_PE
        The value of each protein (P, E).
    protein_B
        Each window's place among the proteins (B,).
    sum_BQH
        The sum of the weights that dropout keeps (B, Q, H); None if all are kept.
    queries
        The number Q of query positions.

    Returns
    -------
    Tensor
        (B, Q, E), after the output projection and its dropout.
    """
    if sum_BQH is None:
        seen_BE = attend.output(value_PE).index_select(0, protein_B)
        seen_BQE = seen_BE.unsqueeze(1).expand(-1, queries, -1)
    else:
        value_PHD = value_PE.unflatten(1, (attend.heads, -1))
        weight_EHD = attend.output.weight.unflatten(1, (attend.heads, -1))
        share_PHE = torch.einsum("phd,ehd->phe", value_PHD, weight_EHD)
        share_BHE = share_PHE.index_select(0, protein_B)
        seen_BQE = torch.baddbmm(attend.output.bias, sum_BQH, share_BHE)
    return attend.output_dropout(seen_BQE)


def kept_weights(
    attend: CrossAttention,
    memory: Expanded | Pooled,
    query_BQE: Tensor,
    letter_BQT: Tensor | None,
    batch: int,
) -> Tensor | None:
    """Return the sum of the weights that dropout keeps (B, Q, H); None if it keeps all.

    The masks are those that `attend.context` would draw.

    Parameters
    ----------
    attend
        The attention.
    memory
        A memory whose values are all equal.
    query_BQE
        Queries (B, Q, E); with `letter_BQT` one per letter (1, T, E).
    letter_BQT
        The one-hot letter of each position (B, Q, T), if queries depend on the letter alone.
    batch
        The number B of windows.

    Returns
    -------
    Tensor or None
        The sums.
    """
    dropout = attend.weight_dropout
    if not dropout.is_active:
        return None
    queries = query_BQE.shape[1] if letter_BQT is None else letter_BQT.shape[1]
    keys = 1 if isinstance(memory, Pooled) else memory.length
    factor_BHQS = dropout.factors((batch, attend.heads, queries, keys), query_BQE)
    position_SE = None if isinstance(memory, Pooled) else memory.position
    if position_SE is None or attend.uniform:  # all weights are equal
        return factor_BHQS.mean(3).transpose(1, 2)
    q_BHQD = attend.scaled(query_BQE).unflatten(2, (attend.heads, -1)).transpose(1, 2)
    weights_BHQS = torch.softmax(
        q_BHQD @ position_SE.unflatten(1, (attend.heads, -1)).permute(1, 2, 0), -1
    )
    if letter_BQT is None:
        return (weights_BHQS * factor_BHQS).sum(3).transpose(1, 2)
    factor_HNS = factor_BHQS.transpose(0, 1).reshape(attend.heads, -1, keys)
    sum_HTN = torch.bmm(weights_BHQS.squeeze(0), factor_HNS.transpose(1, 2))
    sum_HN = (sum_HTN * letter_BQT.flatten(0, 1).t()).sum(1)
    return sum_HN.unflatten(1, (batch, queries)).permute(1, 2, 0)


def without_effect(x: Tensor, parameters: Iterable[nn.Parameter]) -> Tensor:
    """Return a tensor unchanged, and give zero gradients to what has no effect on it.

    In the plain form these gradients are zero up to rounding. Without any, the optimizer would not
    decay these weights.

    Parameters
    ----------
    x
        The tensor.
    parameters
        The parameters that have no effect on it.

    Returns
    -------
    Tensor
        `x`.
    """
    passed: Tensor = _NoEffect.apply(x, *parameters)  # type: ignore[no-untyped-call]
    return passed


class _NoEffect(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, *parameters: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[1:])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        return grads[0], *(torch.zeros_like(p) for p in ctx.saved_tensors)
