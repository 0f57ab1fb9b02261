"""The encoder slot: a window of nucleotides becomes one vector per query position.

Each encoder also gets a mask of the letters if windows differ in length: `real_BL` is False where
a window has ended, and None if all have one length. It then also returns which of its query
positions are real (B, Q), or None. Shapes: B windows, L nucleotides, Q query positions, C encoder
width, H heads, D = C / H width of a head.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.model.custom import custom_encoder
from rpbind.model.padding import WindowNorm, max_pool
from rpbind.recipe import encoders as fields
from rpbind.seeding.streams import Dropout

LETTERS = 5  # A C G U N
Encoded = tuple[Tensor, Tensor | None]
"""Vectors (B, Q, C), and which query positions are no padding (B, Q); None if all are."""


class Token(nn.Module):
    """One-hot(5) -> Linear: each position knows its own nucleotide and nothing else."""

    def __init__(self, config: fields.TokenEncoder, length: int) -> None:
        super().__init__()
        self.project = nn.Linear(LETTERS, config.dim)

    def forward(self, rna_BL: Tensor, real_BL: Tensor | None = None) -> Encoded:
        """Map tokens (B, L) to vectors (B, L, C)."""
        return self.project(_one_hot(rna_BL, self)), real_BL


class Conv(nn.Module):
    """Residual convolutions with batch norm, and a maximum over `pool` neighbouring positions.

    They are 2-d convolutions over a height of 1, channels last, because on a CPU these are 1.4
    times as fast as 1-d convolutions (`python benchmarks/conv_layout.py`).
    """

    def __init__(self, config: fields.ConvEncoder, length: int) -> None:
        super().__init__()
        widths = [LETTERS] + [config.dim] * (config.layers - 1)
        steps = [config.dilation**depth for depth in range(config.layers)]
        self.convs = nn.ModuleList(
            nn.Conv2d(wide, config.dim, (1, config.kernel), padding="same", dilation=(1, step))
            for wide, step in zip(widths, steps, strict=True)
        )
        self.norms = nn.ModuleList(WindowNorm(config.dim) for _ in range(config.layers))
        self.dropout = Dropout(config.dropout)
        self.pool = config.pool
        self.pool_early = config.pool_after == "first"

    def forward(self, rna_BL: Tensor, real_BL: Tensor | None = None) -> Encoded:
        """Map tokens (B, L) to vectors (B, Q, C), Q = ceil(L / pool).

        Padding is 0 before every convolution, as it is beyond the ends of a window.
        """
        x_BC1L = _one_hot(rna_BL, self, real_BL).transpose(1, 2).unsqueeze(2)
        for depth, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            step_BC1L = conv(x_BC1L)
            if depth == 0 and self.pool_early:
                step_BC1L, real_BL = max_pool(step_BC1L, self.pool, real_BL)
            step_BC1L = torch.relu(norm(step_BC1L, real_BL))
            x_BC1L = step_BC1L if depth == 0 else x_BC1L + self.dropout(step_BC1L)
        if not self.pool_early:
            x_BC1L, real_BL = max_pool(x_BC1L, self.pool, real_BL)
        return x_BC1L.squeeze(2).transpose(1, 2), real_BL


class SelfAttention(nn.Module):
    """One-hot letters plus learned position vectors, then pre-norm transformer layers."""

    def __init__(self, config: fields.SelfAttentionEncoder, length: int) -> None:
        super().__init__()
        self.project = nn.Linear(LETTERS, config.dim)
        self.position = nn.Parameter(torch.zeros(length, config.dim))
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim)
        self.pool = config.pool

    def forward(self, rna_BL: Tensor, real_BL: Tensor | None = None) -> Encoded:
        """Map tokens (B, L) to vectors (B, Q, C), Q = ceil(L / pool)."""
        x_BLC = self.project(_one_hot(rna_BL, self)) + self.position[: rna_BL.shape[1]]
        for layer in self.layers:
            x_BLC = layer(x_BLC, real_BL)
        x_BC1L = self.norm(x_BLC).transpose(1, 2).unsqueeze(2)
        x_BC1Q, real_BQ = max_pool(x_BC1L, self.pool, real_BL)
        return x_BC1Q.squeeze(2).transpose(1, 2), real_BQ


class _Layer(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def __init__(self, config: fields.SelfAttentionEncoder) -> None:
        super().__init__()
        self.heads = config.heads
        self.before, self.between = nn.LayerNorm(config.dim), nn.LayerNorm(config.dim)
        self.query_key_value = nn.Linear(config.dim, 3 * config.dim)
        self.output = nn.Linear(config.dim, config.dim)
        self.wide = nn.Linear(config.dim, 2 * config.dim)
        self.narrow = nn.Linear(2 * config.dim, config.dim)
        self.attended, self.fed = Dropout(config.dropout), Dropout(config.dropout)

    def forward(self, x_BLC: Tensor, real_BL: Tensor | None) -> Tensor:
        """Map (B, L, C) to (B, L, C); no position attends to padding."""
        joint_BL3HD = self.query_key_value(self.before(x_BLC)).unflatten(2, (3, self.heads, -1))
        q_BHLD, k_BHLD, v_BHLD = joint_BL3HD.permute(2, 0, 3, 1, 4)
        real_B11L = None if real_BL is None else real_BL[:, None, None]
        attended_BHLD = F.scaled_dot_product_attention(q_BHLD, k_BHLD, v_BHLD, attn_mask=real_B11L)
        x_BLC = x_BLC + self.attended(self.output(attended_BHLD.transpose(1, 2).flatten(2)))
        return x_BLC + self.fed(self.narrow(torch.relu(self.wide(self.between(x_BLC)))))


def _one_hot(rna_BL: Tensor, module: nn.Module, real_BL: Tensor | None = None) -> Tensor:
    """Return one-hot letters (B, L, 5) of the dtype of the module's parameters; 0 for padding."""
    one_hot_BLA = one_hot(rna_BL, next(module.parameters()).dtype)
    return one_hot_BLA if real_BL is None else one_hot_BLA * real_BL.unsqueeze(2)


def one_hot(rna_BL: Tensor, dtype: torch.dtype) -> Tensor:
    """Return one-hot letters (B, L, 5); padding has none."""
    return (rna_BL.unsqueeze(2) == torch.arange(LETTERS, device=rna_BL.device)).to(dtype)


ENCODERS: dict[type, Callable[..., Any]] = {
    fields.TokenEncoder: Token,
    fields.ConvEncoder: Conv,
    fields.SelfAttentionEncoder: SelfAttention,
    fields.CustomEncoder: custom_encoder,
}
