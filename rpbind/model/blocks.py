"""The parts of the model that have no variants: feed-forward block, FiLM and the heads.

Shapes: B windows, Q query positions, C encoder width, E attention width, W protein vector width, F
features that the head reads.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.recipe import model as fields
from rpbind.seeding.streams import Dropout


class FeedForwardBlock(nn.Module):
    """Linear-ReLU-Dropout-Linear-Dropout, added to its input, then LayerNorm."""

    def __init__(self, config: fields.FeedForward, dim: int) -> None:
        super().__init__()
        self.wide = nn.Linear(dim, config.hidden)
        self.narrow = nn.Linear(config.hidden, dim)
        self.dropout = Dropout(config.dropout)
        self.output_dropout = Dropout(config.dropout)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x_BQE: Tensor) -> Tensor:
        """Map (B, Q, E) to (B, Q, E)."""
        step_BQE = self.narrow(self.dropout(torch.relu(self.wide(x_BQE))))
        return self.norm(x_BQE + self.output_dropout(step_BQE))


class Head(nn.Sequential):
    """[Linear, ReLU, Dropout, BatchNorm] per hidden size, then Linear to one logit."""

    def __init__(self, config: fields.Classifier, dim: int) -> None:
        widths = [dim, *config.hidden]
        blocks: list[nn.Module] = []
        for before, after in pairwise(widths):
            blocks += [
                nn.Linear(before, after),
                nn.ReLU(),
                Dropout(config.dropout),
                nn.BatchNorm1d(after),
            ]
        super().__init__(*blocks, nn.Linear(widths[-1], 1))


class Film(nn.Module):
    """Scale and shift every channel of the encoded RNA by the protein (Perez et al. 2018).

    The proteins' mean vectors lie close together, so they are standardised first. The ReLU at the
    end lets a protein switch a channel off, not only scale it down.
    """

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.apart = nn.BatchNorm1d(width, affine=False)
        self.wide = nn.Linear(width, 2 * dim)
        self.scale = nn.Linear(2 * dim, dim)
        self.shift = nn.Linear(2 * dim, dim)

    def forward(self, rna_BQC: Tensor, mean_BW: Tensor) -> Tensor:
        """Map (B, Q, C) to (B, Q, C), given the mean vector of each window's protein."""
        hidden_B1F = torch.relu(self.wide(self.apart(mean_BW))).unsqueeze(1)
        return torch.relu(rna_BQC * (1 + self.scale(hidden_B1F)) + self.shift(hidden_B1F))


class OwnHead(nn.Module):
    """A linear head per protein, whose weights are linear in its mean vector; they start at zero.

    Mean vectors are standardised and scaled to length 1, so different proteins are far apart. If
    they are linearly independent, each protein can have any head. Its output is added to the logit;
    multiplied into the classifier it would train slowly, because of the small weights there
    (`docs/log.md`).
    """

    def __init__(self, width: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.apart = nn.BatchNorm1d(width, affine=False)
        self.weights = nn.Linear(width, dim)
        self.level = nn.Linear(width, 1)
        self.dropout = Dropout(dropout)

    def forward(self, read_BF: Tensor, mean_BW: Tensor) -> Tensor:
        """Return the output of each window's own head (B,), to be added to its logit."""
        unit_BW = F.normalize(self.apart(mean_BW), dim=1)
        own_B = (self.dropout(read_BF) * self.weights(unit_BW)).sum(1)
        return own_B + self.level(unit_BW).squeeze(1)
