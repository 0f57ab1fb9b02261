"""Windows of different lengths in one batch: padding after the last letter changes nothing.

Shapes: B windows, L nucleotides of the longest window, Q query positions, C channels, M positions
of a batch that are no padding.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

N, PAD = 4, 5
"""The token of an unknown letter, and the one after the last letter of a shorter window."""


def letters_and_mask(rna_BL: Tensor) -> tuple[Tensor, Tensor]:
    """Tell letters from padding.

    Parameters
    ----------
    rna_BL
        Tokens (B, L): 0 to 4 for A C G U N, 5 for padding.

    Returns
    -------
    tuple of Tensor
        The tokens (B, L) with N in the place of padding, so that a layer without a sixth letter can
        read them; and which of them are letters (B, L) bool.
    """
    real_BL = rna_BL != PAD
    return rna_BL.masked_fill(~real_BL, N), real_BL


def max_pool(
    x_BC1L: Tensor, pool: int, real_BL: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Keep the maximum of `pool` neighbouring positions, of which padding is none.

    Parameters
    ----------
    x_BC1L
        Values (B, C, 1, L).
    pool
        How many neighbours become one position.
    real_BL
        Which positions are no padding (B, L); None if all are.

    Returns
    -------
    tuple
        The maxima (B, C, 1, ceil(L / pool)), 0 where all neighbours are padding, and which
        positions have a neighbour that is not.
    """
    if real_BL is None:
        return F.max_pool2d(x_BC1L, (1, pool), ceil_mode=True), None
    lowest_BC1L = x_BC1L.masked_fill(~real_BL[:, None, None], -torch.inf)
    x_BC1Q = F.max_pool2d(lowest_BC1L, (1, pool), ceil_mode=True)
    flags_B1L = real_BL.to(x_BC1L.dtype).unsqueeze(1)
    real_BQ = F.max_pool1d(flags_B1L, pool, ceil_mode=True).squeeze(1) > 0
    return x_BC1Q.masked_fill(~real_BQ[:, None, None], 0.0), real_BQ


def mean(x_BQC: Tensor, real_BQ: Tensor | None) -> Tensor:
    """Return the mean of each window's vectors (B, C), without padding."""
    if real_BQ is None:
        return x_BQC.mean(1)
    kept_BQC = x_BQC.masked_fill(~real_BQ.unsqueeze(2), 0.0)
    return kept_BQC.sum(1) / real_BQ.sum(1, keepdim=True)


def maximum(x_BQC: Tensor, real_BQ: Tensor | None) -> Tensor:
    """Return the greatest value of each channel of each window (B, C), without padding."""
    if real_BQ is None:
        return x_BQC.amax(1)
    return x_BQC.masked_fill(~real_BQ.unsqueeze(2), -torch.inf).amax(1)


class WindowNorm(nn.BatchNorm2d):
    """Batch norm over the positions of all windows, in which padding neither counts nor is left."""

    def forward(self, x_BC1L: Tensor, real_BL: Tensor | None = None) -> Tensor:
        """Normalise each channel.

        Parameters
        ----------
        x_BC1L
            Values (B, C, 1, L).
        real_BL
            Which positions are no padding (B, L); None if all are.

        Returns
        -------
        Tensor
            Values (B, C, 1, L); padding is 0.
        """
        if real_BL is None:
            return super().forward(x_BC1L)
        if not self.training:
            return super().forward(x_BC1L).masked_fill(~real_BL[:, None, None], 0.0)
        x_BLC = x_BC1L.squeeze(2).transpose(1, 2)
        normed_MC = super().forward(x_BLC[real_BL][:, :, None, None])[:, :, 0, 0]
        padded_BLC = torch.zeros_like(x_BLC, memory_format=torch.contiguous_format)
        padded_BLC[real_BL] = normed_MC
        return padded_BLC.transpose(1, 2).unsqueeze(2)
