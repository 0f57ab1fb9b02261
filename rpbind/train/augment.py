"""Augmentation: windows change a little in every epoch, so that overlaps are not memorised."""

from __future__ import annotations

import torch
from torch import Tensor

from rpbind.data.alphabet import N_TOKEN, PAD
from rpbind.recipe import training as fields


def augment(rna_BL: Tensor, config: fields.Train, stream: torch.Generator) -> Tensor:
    """Return windows (B, L) shifted by up to `config.shift` letters and masked with N.

    Each window keeps its length, and padding stays padding. Shifts and masks are drawn from
    `stream`, which must be on the windows' device.
    """
    if not (config.shift or config.mask):
        return rna_BL
    padded_BL = rna_BL == PAD
    if config.shift:
        rna_BL = _shifted(rna_BL, config.shift, stream)
    if config.mask:
        draws_BL = torch.rand(rna_BL.shape, generator=stream, device=rna_BL.device)
        rna_BL = rna_BL.masked_fill(draws_BL < config.mask, N_TOKEN)
    return rna_BL.masked_fill(padded_BL, PAD)


def _shifted(rna_BL: Tensor, shift: int, stream: torch.Generator) -> Tensor:
    """Shift every window by its own draw from -shift..shift; letters from outside are N."""
    size = (len(rna_BL), 1)
    step_B1 = torch.randint(-shift, shift + 1, size, generator=stream, device=rna_BL.device)
    place_BL = torch.arange(rna_BL.shape[1], device=rna_BL.device) + step_B1
    shifted_BL = rna_BL.gather(1, place_BL.clamp(0, rna_BL.shape[1] - 1))
    inside_BL = (place_BL >= 0) & (place_BL < rna_BL.shape[1]) & (shifted_BL != PAD)
    return shifted_BL.masked_fill(~inside_BL, N_TOKEN)
