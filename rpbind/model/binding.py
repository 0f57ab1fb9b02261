"""The whole model in one sentence: head(attend(encoder(rna), memory(protein)))."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from rpbind import recipe
from rpbind.model.attention import CrossAttention
from rpbind.model.encoder import ENCODERS
from rpbind.model.initialise import initialise
from rpbind.model.memory import MEMORIES, Group, Reads
from rpbind.model.seeding import Dropout


class FeedForward(nn.Module):
    """Linear-ReLU-Dropout-Linear, added to its input, then LayerNorm."""

    def __init__(self, knobs: recipe.FeedForward, dim: int) -> None:
        super().__init__()
        self.wide = nn.Linear(dim, knobs.hidden)
        self.narrow = nn.Linear(knobs.hidden, dim)
        self.dropout = Dropout(knobs.dropout)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x_BQE: Tensor) -> Tensor:
        """Map (B, Q, E) to (B, Q, E)."""
        step_BQE = self.narrow(self.dropout(torch.relu(self.wide(x_BQE))))
        return self.norm(x_BQE + step_BQE)


class Head(nn.Sequential):
    """[Linear, ReLU, Dropout, BatchNorm] per hidden size, then Linear to one logit."""

    def __init__(self, knobs: recipe.Classifier, dim: int) -> None:
        widths = [dim, *knobs.hidden]
        blocks: list[nn.Module] = []
        for before, after in pairwise(widths):
            blocks += [
                nn.Linear(before, after),
                nn.ReLU(),
                Dropout(knobs.dropout),
                nn.BatchNorm1d(after),
            ]
        super().__init__(*blocks, nn.Linear(widths[-1], 1))


class BindingModel(nn.Module):
    """A cross-attention classifier of (RNA window, protein) pairs.

    `width` is the protein bank's vector width W, `length` the window length L in nucleotides.
    Parameters are drawn by `seed`, each from a stream of its own.
    """

    def __init__(self, knobs: recipe.Model, *, width: int, length: int, seed: int) -> None:
        super().__init__()
        dim = knobs.attention.dim
        self.encoder = ENCODERS[type(knobs.encoder)](knobs.encoder)
        self.memory = MEMORIES[type(knobs.memory)](knobs.memory, width, dim, length)
        self.attend = CrossAttention(knobs.attention, knobs.encoder.dim)
        self.bypass = nn.Linear(knobs.encoder.dim, dim) if knobs.residual else None
        self.norm = nn.LayerNorm(dim)
        self.feed_forward = FeedForward(knobs.feed_forward, dim) if knobs.feed_forward else None
        self.head = Head(knobs.classifier, dim)
        initialise(self, knobs.init, seed)

    @property
    def reads(self) -> Reads:
        """Whether the memory reads mean protein vectors or residues."""
        return self.memory.reads

    def forward(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return one logit per window (B,); every window is in exactly one of the groups."""
        rna_BQC = self.encoder(rna_BL)
        query_BQE = self.attend.query(rna_BQC)
        seen = [self.attend.look(query_BQE[g.rows_B], self.memory(g), g.protein_B) for g in groups]
        order_B = torch.argsort(torch.cat([g.rows_B for g in groups]))
        mixed_BQE = self.attend.finish(torch.cat(seen)[order_B])
        if self.bypass is not None:
            mixed_BQE = mixed_BQE + self.bypass(rna_BQC)
        mixed_BQE = self.norm(mixed_BQE)
        if self.feed_forward is not None:
            mixed_BQE = self.feed_forward(mixed_BQE)
        return self.head(mixed_BQE.mean(1)).squeeze(1)
