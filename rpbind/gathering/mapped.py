"""Tensors over arrays that are mapped into memory.

Shapes: P proteins, R residues of the longest, W width of a vector.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def mapped_tensor(array: NDArray[Any]) -> Tensor:
    """Return a tensor over the memory of a mapped array; nothing ever writes to it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)


def residues_of(
    residues_ND: Tensor, offset_P: Tensor, length_P: Tensor, longest: int
) -> tuple[Tensor, Tensor]:
    """Return residues (P, R, W), padded to the longest protein, and the mask of real ones."""
    length_P1 = length_P.unsqueeze(1)
    step_1R = torch.arange(longest, device=length_P.device).unsqueeze(0)
    rows_PR = offset_P.unsqueeze(1) + torch.minimum(step_1R, length_P1 - 1)
    return residues_ND[rows_PR].float(), step_1R < length_P1
