"""Cross-attention, one protein at a time: the fast form for memories whose keys are padded.

All windows of a protein attend to the same keys. So their queries stand together as one matrix, and
no key is copied per window, padded or masked.

Shapes: B windows, Q query positions, C encoder width, R keys of a protein (or of all proteins of a
group), E attention width, H heads, D = E / H width of a head, M queries of a protein (its windows
times Q), N queries of all windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.model.attention import CrossAttention, ReverseAttention, sort_by_protein
from rpbind.model.group import Counts, Group, Memory
from rpbind.model.memory import Residue, Segment


@dataclass(frozen=True)
class FlatMemory:
    """The keys and values of a group's proteins, one after another, without padding.

    Parameters
    ----------
    keys_RE
        Keys (R, E).
    values_RE
        Values (R, E).
    lengths
        How many of them each protein has.
    rows_B
        The group's windows as rows of the batch, in the order of their proteins.
    windows
        How many windows each protein has.
    """

    keys_RE: Tensor
    values_RE: Tensor
    lengths: list[int]
    rows_B: Tensor
    windows: list[int]

    @classmethod
    def of(cls, memory: nn.Module, group: Group) -> FlatMemory:
        """Return a group's memory.

        Parameters
        ----------
        memory
            The memory slot.
        group
            The group.

        Returns
        -------
        FlatMemory
            Its keys and values.
        """
        counted = group.counted if group.real_PR is not None else None
        if isinstance(memory, Residue) and counted is not None:
            assert group.residues_PRW is not None
            residues_RW = _real(group.residues_PRW, counted.real_PR, counted.residues)
            keys_RE, values_RE = memory.key(residues_RW), memory.value(residues_RW)
            lengths: Sequence[int] = counted.residues
        else:
            padded = memory(group)
            lengths = _lengths(memory, padded, counted)
            keys_RE, values_RE = (
                _real(x_PSE, padded.real_PS, lengths)
                for x_PSE in (padded.keys_PSE, padded.values_PSE)
            )
        if counted is None:
            order_B, windows = sort_by_protein(group.protein_B, len(group.mean_PW))
        else:
            order_B = torch.argsort(group.protein_B, stable=True)
            windows = list(counted.windows)
        return cls(keys_RE, values_RE, list(lengths), group.rows_B[order_B], windows)

    def split(self, x_RE: Tensor, heads: int) -> tuple[Tensor, ...]:
        """Return each protein's keys or values, by head (H, R, D)."""
        return x_RE.unflatten(1, (heads, -1)).transpose(0, 1).split(self.lengths, 1)


def _lengths(memory: nn.Module, padded: Memory, counted: Counts | None) -> Sequence[int]:
    """Return how many keys each protein has."""
    proteins, keys, _ = padded.keys_PSE.shape
    if padded.real_PS is None:
        return [keys] * proteins
    if isinstance(memory, Segment) and counted is not None:
        return [min(each, memory.segments) for each in counted.residues]
    lengths: list[int] = padded.real_PS.sum(1).tolist()
    return lengths


def _real(x_PSE: Tensor, real_PS: Tensor | None, lengths: Sequence[int]) -> Tensor:
    """Return the rows that are no padding (R, E), one protein after another."""
    x_NE = x_PSE.flatten(0, 1)
    if real_PS is None:
        return x_NE
    # as many ones as there are rows: unlike a mask, this asks no GPU how many it found
    row_R = torch.nonzero_static(real_PS.flatten(), size=sum(lengths)).squeeze(1)
    return x_NE.index_select(0, row_R)


def attend_by_protein(
    attend: CrossAttention, query_BQE: Tensor, memories: Sequence[FlatMemory]
) -> Tensor:
    """Return each query's weighted mean of the values, as `attend.context` does.

    Parameters
    ----------
    attend
        The attention.
    query_BQE
        Queries (B, Q, E) of a whole batch.
    memories
        The memories of all its groups.

    Returns
    -------
    Tensor
        (B, Q, E), in the order of the batch, before the output projection.
    """
    rows_B = torch.cat([memory.rows_B for memory in memories])
    sorted_BQE = attend.scaled(query_BQE).index_select(0, rows_B)
    heads, queries = attend.heads, query_BQE.shape[1]
    q_HND = sorted_BQE.flatten(0, 1).unflatten(1, (heads, -1)).transpose(0, 1)
    windows = [count for memory in memories for count in memory.windows]
    k_HRD = [k for memory in memories for k in memory.split(memory.keys_RE, heads)]
    v_HRD = [v for memory in memories for v in memory.split(memory.values_RE, heads)]
    q_HMD = q_HND.split([count * queries for count in windows], 1)
    contexts_MHD = [
        _context(attend, *each).transpose(0, 1)
        for each in zip(q_HMD, k_HRD, v_HRD, strict=True)
        if each[0].shape[1] > 0
    ]
    joined_BQE = torch.cat(contexts_MHD).view(sorted_BQE.shape)
    return joined_BQE.index_select(0, torch.argsort(rows_B))


def read_by_protein(
    back: ReverseAttention,
    rna_BQC: Tensor,
    real_BQ: Tensor | None,
    memories: Sequence[FlatMemory],
) -> Tensor:
    """Return what each protein reads of its windows' RNA (B, E), as `back` does.

    Parameters
    ----------
    back
        The attention from the protein to the RNA.
    rna_BQC
        The encoded RNA (B, Q, C).
    real_BQ
        Which of its positions are no padding (B, Q); None if all are.
    memories
        The memories of all groups of the batch.

    Returns
    -------
    Tensor
        (B, E), in the order of the batch.
    """
    rows_B = torch.cat([memory.rows_B for memory in memories])
    sorted_BQC = rna_BQC.index_select(0, rows_B)
    k_BQHD, v_BQHD = (x(sorted_BQC).unflatten(2, (back.heads, -1)) for x in (back.key, back.value))
    real = None if real_BQ is None else real_BQ[rows_B]
    shares_BHQ, start = [], 0
    for memory in memories:
        keys_HRD = memory.split(memory.keys_RE, back.heads)
        for q_HRD, count in zip(keys_HRD, memory.windows, strict=True):
            mine = slice(start, start + count)
            start += count
            if count > 0:
                mask_bQ = None if real is None else real[mine]
                shares_BHQ.append(_share(back, q_HRD, k_BQHD[mine], mask_bQ))
    read_BHD = torch.einsum("bhq,bqhd->bhd", torch.cat(shares_BHQ), v_BQHD)
    return back.dropout(back.output(read_BHD.flatten(1)[torch.argsort(rows_B)]))


def _context(attend: CrossAttention, q_HMD: Tensor, k_HRD: Tensor, v_HRD: Tensor) -> Tensor:
    """Return the weighted mean of one protein's values (H, M, D)."""
    if attend.uniform:
        return v_HRD.mean(1, keepdim=True).expand(-1, q_HMD.shape[1], -1)
    q_HMD, k_HRD = q_HMD.to(v_HRD.dtype), k_HRD.to(v_HRD.dtype)  # lower, if products are
    dropout = attend.weight_dropout
    if dropout.is_active:
        factor_HMR = dropout.factors((len(q_HMD), q_HMD.shape[1], k_HRD.shape[1]), q_HMD)
        mean: Tensor = _KeptMean.apply(q_HMD, k_HRD, v_HRD, factor_HMR)  # type: ignore[no-untyped-call]
        return mean
    q, k, v = (x.unsqueeze(0) for x in (q_HMD, k_HRD, v_HRD))
    return F.scaled_dot_product_attention(q, k, v, scale=1.0).squeeze(0)


def _share(back: ReverseAttention, q_HRD: Tensor, k_bQHD: Tensor, real_bQ: Tensor | None) -> Tensor:
    """Return the mean weight of each position over one protein's keys (windows, H, Q)."""
    count, queries, heads, width = k_bQHD.shape
    k_HDM = k_bQHD.permute(2, 3, 0, 1).reshape(heads, width, count * queries)
    scores_HRbQ = (q_HRD @ k_HDM / width**0.5).unflatten(2, (count, queries))
    if back.uniform:
        scores_HRbQ = torch.zeros_like(scores_HRbQ)
    if real_bQ is not None:
        scores_HRbQ = scores_HRbQ.masked_fill(~real_bQ, -torch.inf)
    return torch.softmax(scores_HRbQ, -1).mean(1).transpose(0, 1)


class _KeptMean(torch.autograd.Function):
    """softmax(q k^T) times dropout's factors, times v, with few passes over the weights."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, factor: Tensor) -> Tensor:
        weights = torch.softmax(torch.bmm(q, k.transpose(1, 2)), -1).to(q.dtype)
        kept = factor.mul_(weights)
        mean = torch.bmm(kept, v)
        ctx.save_for_backward(q, k, v, weights, kept, mean)
        return mean

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, weights, kept, mean = ctx.saved_tensors
        grad = grads[0]
        inner = (grad * mean).sum(-1, keepdim=True)
        scores = torch.bmm(grad, v.transpose(1, 2)).mul_(kept).addcmul_(weights, inner, value=-1.0)
        into_v = torch.bmm(kept.transpose(1, 2), grad)
        return torch.bmm(scores, k), torch.bmm(scores.transpose(1, 2), q), into_v, None
