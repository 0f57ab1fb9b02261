"""Cross-attention: every query position of a window attends to its protein's memory.

Shapes: B windows, Q query positions, C encoder width, P proteins, S keys, E attention width, H
heads, D = E / H width of a head.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from rpbind.model.group import Memory
from rpbind.recipe import model as fields
from rpbind.seeding.streams import Dropout

MIN_TEMPERATURE = 0.1
"""The original model clamps its learned temperature from below at this value."""


class CrossAttention(nn.Module):
    """softmax(q.k / (sqrt(D) * temperature)) over the keys of the window's own protein.

    The model calls `query` once per batch, `context` once per group of proteins, and `project` once
    per batch.
    """

    def __init__(self, config: fields.Attention, rna_dim: int) -> None:
        super().__init__()
        self.heads = config.heads
        self.query = nn.Linear(rna_dim, config.dim)
        self.output = nn.Linear(config.dim, config.dim)
        self.temperature = nn.Parameter(torch.ones(1)) if config.temperature else None
        self.weight_dropout = Dropout(config.dropout)
        self.output_dropout = Dropout(config.dropout)
        self.uniform = False
        self.draws_whole = False
        """Whether masks are drawn for padding, too, so that their shape depends on no protein."""

    def weights(self, query_BQE: Tensor, memory: Memory, protein_B: Tensor) -> Tensor:
        """Return the attention weights (B, H, Q, S); each row over S sums to 1."""
        q_BHQD = _heads(self.scaled(query_BQE), self.heads)
        k_BHSD = _heads(memory.keys_PSE.index_select(0, protein_B), self.heads)
        scores_BHQS = q_BHQD @ k_BHSD.transpose(-1, -2)
        if self.uniform:
            scores_BHQS = torch.zeros_like(scores_BHQS)
        if memory.real_PS is not None:
            padding_B11S = ~memory.real_PS[protein_B][:, None, None, :]
            scores_BHQS = scores_BHQS.masked_fill(padding_B11S, -torch.inf)
        return torch.softmax(scores_BHQS, dim=-1)

    def context(self, query_BQE: Tensor, memory: Memory, protein_B: Tensor) -> Tensor:
        """Return each query's weighted mean of the values (B, Q, E), before the output projection.

        `protein_B` has each window's place among the memory's P proteins.
        """
        weights_BHQS = self.weights(query_BQE, memory, protein_B)
        if memory.real_PS is None or self.draws_whole:
            weights_BHQS = self.weight_dropout(weights_BHQS)
        elif self.weight_dropout.is_active:
            weights_BHQS = weights_BHQS * self._factors(weights_BHQS, memory.real_PS, protein_B)
        v_BHSD = _heads(memory.values_PSE.index_select(0, protein_B), self.heads)
        return (weights_BHQS @ v_BHSD).transpose(1, 2).flatten(2)

    def scaled(self, query_BQE: Tensor) -> Tensor:
        """Divide queries (B, Q, E) by sqrt(D) and by the temperature."""
        query_BQE = query_BQE / math.sqrt(query_BQE.shape[2] / self.heads)
        if self.temperature is not None:
            query_BQE = query_BQE / self.temperature.clamp(min=MIN_TEMPERATURE)
        return query_BQE

    def _factors(self, weights_BHQS: Tensor, real_PS: Tensor, protein_B: Tensor) -> Tensor:
        """Return dropout's factors; masks are drawn protein by protein, without padding."""
        factor_BHQS = torch.zeros_like(weights_BHQS)
        _, heads, queries, _ = weights_BHQS.shape
        order_B, windows_P = sort_by_protein(protein_B, len(real_PS))
        lengths = real_PS.sum(1).tolist()
        for rows_b, length in zip(order_B.split(windows_P), lengths, strict=True):
            if len(rows_b) > 0:
                shape = (heads, len(rows_b) * queries, length)
                drawn_HMR = self.weight_dropout.factors(shape, weights_BHQS)
                drawn_bHQR = drawn_HMR.unflatten(1, (-1, queries)).transpose(0, 1)
                factor_BHQS[rows_b, :, :, :length] = drawn_bHQR
        return factor_BHQS

    def project(self, attended_BQE: Tensor) -> Tensor:
        """Apply the output projection and its dropout: (B, Q, E) to (B, Q, E)."""
        return self.output_dropout(self.output(attended_BQE))


class ReverseAttention(nn.Module):
    """Attention from the protein to the RNA: each key attends to all positions of the window.

    The result is the mean over all keys that are not padding.
    """

    def __init__(self, config: fields.Attention, rna_dim: int) -> None:
        super().__init__()
        self.heads = config.heads
        self.key = nn.Linear(rna_dim, config.dim)
        self.value = nn.Linear(rna_dim, config.dim)
        self.output = nn.Linear(config.dim, config.dim)
        self.dropout = Dropout(config.dropout)
        self.uniform = False

    def forward(
        self,
        rna_BQC: Tensor,
        memory: Memory,
        protein_B: Tensor,
        real_BQ: Tensor | None = None,
    ) -> Tensor:
        """Return the attended RNA of each window (B, E); no key attends to padding."""
        q_BHSD = _heads(memory.keys_PSE.index_select(0, protein_B), self.heads)
        k_BHQD = _heads(self.key(rna_BQC), self.heads)
        scores_BHSQ = q_BHSD @ k_BHQD.transpose(-1, -2) / math.sqrt(q_BHSD.shape[3])
        if self.uniform:
            scores_BHSQ = torch.zeros_like(scores_BHSQ)
        if real_BQ is not None:
            scores_BHSQ = scores_BHSQ.masked_fill(~real_BQ[:, None, None, :], -torch.inf)
        share_BHSQ = torch.softmax(scores_BHSQ, dim=-1)
        if memory.real_PS is None:
            share_BHQ = share_BHSQ.mean(2)
        else:
            real_BS = memory.real_PS[protein_B].to(share_BHSQ.dtype)
            weight_BS = real_BS / real_BS.sum(1, keepdim=True)
            share_BHQ = torch.einsum("bhsq,bs->bhq", share_BHSQ, weight_BS)
        v_BHQD = _heads(self.value(rna_BQC), self.heads)
        attended_BHD = (share_BHQ.unsqueeze(2) @ v_BHQD).squeeze(2)
        return self.dropout(self.output(attended_BHD.flatten(1)))


@contextmanager
def uniform_attention(model: nn.Module) -> Iterator[None]:
    """Make the attention between RNA and protein uniform while the block runs.

    Keys that are padding keep the weight 0. Self-attention of the encoder stays as it is.

    Parameters
    ----------
    model
        The model; it is restored at the end of the block.

    Returns
    -------
    Iterator
        A context manager.
    """
    attentions = [m for m in model.modules() if isinstance(m, CrossAttention | ReverseAttention)]
    try:
        for attention in attentions:
            attention.uniform = True
        yield
    finally:
        for attention in attentions:
            attention.uniform = False


def sort_by_protein(protein_B: Tensor, proteins: int) -> tuple[Tensor, list[int]]:
    """Sort windows by protein.

    Parameters
    ----------
    protein_B
        (B,) each window's protein.
    proteins
        How many proteins there are.

    Returns
    -------
    tuple
        The windows in the order of their proteins (B,) int64, and how many each protein has.
    """
    order_B = torch.argsort(protein_B, stable=True)
    return order_B, torch.bincount(protein_B, minlength=proteins).tolist()


def _heads(x_BSE: Tensor, heads: int) -> Tensor:
    """Divide the width among the heads: (B, S, E) to (B, H, S, D)."""
    return x_BSE.unflatten(2, (heads, -1)).transpose(1, 2)
