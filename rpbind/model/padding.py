"""Windows of different lengths in one batch: padding after the last letter changes nothing.

Shapes: B windows, L nucleotides of the longest window, Q query positions, C channels.
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
        real_B11L = real_BL[:, None, None].to(x_BC1L.dtype)
        count = real_B11L.sum()
        mean_C11 = (x_BC1L * real_B11L).sum((0, 2, 3), keepdim=True) / count
        apart_BC1L = (x_BC1L - mean_C11) * real_B11L
        variance_C11 = apart_BC1L.square().sum((0, 2, 3), keepdim=True) / count
        self._keep(mean_C11.flatten(), variance_C11.flatten() * count / (count - 1))
        normed_BC1L = apart_BC1L * torch.rsqrt(variance_C11 + self.eps)
        weight_C11, bias_C11 = self.weight[:, None, None], self.bias[:, None, None]
        return (normed_BC1L * weight_C11 + bias_C11) * real_B11L

    @torch.no_grad()
    def _keep(self, mean_C: Tensor, variance_C: Tensor) -> None:
        """Move the running statistics towards those of a batch, as torch's layer does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean_C.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(variance_C.to(self.running_var.dtype), self.momentum)
