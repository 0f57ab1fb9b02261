"""The encoder slot: a window of nucleotides becomes one vector per query position."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind import recipe
from rpbind.model.seeding import Dropout

LETTERS = 5  # A C G U N


class Token(nn.Module):
    """One-hot(5) -> Linear: each position knows its own nucleotide and nothing else."""

    def __init__(self, knobs: recipe.TokenEncoder) -> None:
        super().__init__()
        self.project = nn.Linear(LETTERS, knobs.dim)

    def forward(self, rna_BL: Tensor) -> Tensor:
        """Map tokens (B, L) to vectors (B, L, C)."""
        letters_BL5 = F.one_hot(rna_BL.long(), LETTERS)
        return self.project(letters_BL5.to(self.project.weight.dtype))


class Conv(nn.Module):
    """Residual convolutions with batch norm, then a maximum over `pool` neighbouring positions."""

    def __init__(self, knobs: recipe.ConvEncoder) -> None:
        super().__init__()
        widths = [LETTERS] + [knobs.dim] * knobs.layers
        self.convs = nn.ModuleList(
            nn.Conv1d(wide, knobs.dim, knobs.kernel, padding="same") for wide in widths[:-1]
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(knobs.dim) for _ in range(knobs.layers))
        self.dropout = Dropout(knobs.dropout)
        self.pool = knobs.pool

    def forward(self, rna_BL: Tensor) -> Tensor:
        """Map tokens (B, L) to vectors (B, Q, C), Q = ceil(L / pool)."""
        letters_BL5 = F.one_hot(rna_BL.long(), LETTERS)
        x_BCL = letters_BL5.to(next(self.parameters()).dtype).transpose(1, 2)
        for depth, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            step_BCL = torch.relu(norm(conv(x_BCL)))
            x_BCL = step_BCL if depth == 0 else x_BCL + self.dropout(step_BCL)
        pooled_BCQ = F.max_pool1d(x_BCL, self.pool, ceil_mode=True)
        return pooled_BCQ.transpose(1, 2)


ENCODERS: dict[type, type[nn.Module]] = {
    recipe.TokenEncoder: Token,
    recipe.ConvEncoder: Conv,
}
