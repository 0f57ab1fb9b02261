"""Cross-attention: every query position of a window looks at its protein's memory."""

import math

import torch
from torch import Tensor, nn

from rpbind import recipe
from rpbind.model.memory import Memory
from rpbind.model.seeding import Dropout

COOLEST = 0.1
"""The seed clamps its learned temperature from below at this value."""


class CrossAttention(nn.Module):
    """softmax(q.k / (sqrt(D) * temperature)) over the keys of the window's own protein.

    The model calls `query` once per batch, `look` once per group of proteins, `finish` once.
    """

    def __init__(self, knobs: recipe.Attention, rna_dim: int) -> None:
        super().__init__()
        self.heads = knobs.heads
        self.query = nn.Linear(rna_dim, knobs.dim)
        self.output = nn.Linear(knobs.dim, knobs.dim)
        self.temperature = nn.Parameter(torch.ones(1)) if knobs.temperature else None
        self.weight_dropout = Dropout(knobs.dropout)
        self.output_dropout = Dropout(knobs.dropout)

    def weights(self, query_BQE: Tensor, memory: Memory, protein_B: Tensor) -> Tensor:
        """Return the attention weights (B, H, Q, S); each row over S sums to 1."""
        q_BHQD = self._split(query_BQE) / math.sqrt(query_BQE.shape[2] / self.heads)
        if self.temperature is not None:
            q_BHQD = q_BHQD / self.temperature.clamp(min=COOLEST)
        k_BHSD = self._split(memory.keys_PSE.index_select(0, protein_B))
        scores_BHQS = q_BHQD @ k_BHSD.transpose(-1, -2)
        if memory.real_PS is not None:
            padding_B11S = ~memory.real_PS[protein_B][:, None, None, :]
            scores_BHQS = scores_BHQS.masked_fill(padding_B11S, -torch.inf)
        return torch.softmax(scores_BHQS, dim=-1)

    def look(self, query_BQE: Tensor, memory: Memory, protein_B: Tensor) -> Tensor:
        """Return what each query sees (B, Q, E); `protein_B` indexes the memory's proteins."""
        weights_BHQS = self.weight_dropout(self.weights(query_BQE, memory, protein_B))
        v_BHSD = self._split(memory.values_PSE.index_select(0, protein_B))
        return (weights_BHQS @ v_BHSD).transpose(1, 2).flatten(2)

    def finish(self, seen_BQE: Tensor) -> Tensor:
        """Project what was seen: (B, Q, E) to (B, Q, E)."""
        return self.output_dropout(self.output(seen_BQE))

    def _split(self, x_BSE: Tensor) -> Tensor:
        return x_BSE.unflatten(2, (self.heads, -1)).transpose(1, 2)
