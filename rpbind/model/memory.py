"""The memory slot: the keys and values that the RNA attends to, once per distinct protein.

Shapes: P distinct proteins of a group, R residues (padded), W protein vector width, S keys, E
attention width. `dim` is E, `length` the window length in nucleotides.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from rpbind.model.custom import custom_memory
from rpbind.model.group import Group, Memory, Reads
from rpbind.recipe import memories as fields


class Pooled(nn.Module):
    """The memory of the original model's `old`: the mean vector as one key, whose weight is 1."""

    reads: ClassVar[Reads] = "mean"

    def __init__(self, config: fields.PooledMemory, width: int, dim: int, length: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, dim)
        self.value = nn.Linear(width, dim)

    def forward(self, group: Group) -> Memory:
        """Return keys and values (P, 1, E)."""
        mean_P1W = group.mean_PW.unsqueeze(1)
        return Memory(self.key(mean_P1W), self.value(mean_P1W))


class Expanded(nn.Module):
    """The memory of the original model's `fixed`: `length` copies of the mean vector.

    All values are equal, so the attention weights have no effect.
    """

    reads: ClassVar[Reads] = "mean"

    def __init__(self, config: fields.ExpandedMemory, width: int, dim: int, length: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, dim)
        self.value = nn.Linear(width, dim)
        self.length = length
        self.position = nn.Parameter(torch.zeros(length, dim)) if config.position else None

    def forward(self, group: Group) -> Memory:
        """Return keys and values (P, length, E); the copies are views and take no memory."""
        mean_P1W = group.mean_PW.unsqueeze(1)
        keys_PSE = self.key(mean_P1W).expand(-1, self.length, -1)
        if self.position is not None:
            keys_PSE = keys_PSE + self.position
        return Memory(keys_PSE, self.value(mean_P1W).expand(-1, self.length, -1))


class Residue(nn.Module):
    """One key and one value per residue; padding is masked."""

    reads: ClassVar[Reads] = "residues"

    def __init__(self, config: fields.ResidueMemory, width: int, dim: int, length: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, dim)
        self.value = nn.Linear(width, dim)

    def forward(self, group: Group) -> Memory:
        """Return keys and values (P, R, E), and which are residues (P, R)."""
        residues_PRW = group.residues_PRW
        assert residues_PRW is not None
        return Memory(self.key(residues_PRW), self.value(residues_PRW), group.real_PR)


class Segment(nn.Module):
    """One key and one value per span of residues: the mean of the span."""

    reads: ClassVar[Reads] = "residues"

    def __init__(self, config: fields.SegmentMemory, width: int, dim: int, length: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, dim)
        self.value = nn.Linear(width, dim)
        self.segments = config.segments

    def forward(self, group: Group) -> Memory:
        """Return keys and values (P, S, E), and which spans have residues (P, S)."""
        assert group.residues_PRW is not None
        assert group.real_PR is not None
        member_PSR = self._members(group.real_PR)
        share_PSR = member_PSR.to(group.residues_PRW.dtype)
        share_PSR = share_PSR / share_PSR.sum(2, keepdim=True).clamp(min=1)
        real_PRW = group.residues_PRW.masked_fill(~group.real_PR.unsqueeze(2), 0.0)
        spans_PSW = share_PSR @ real_PRW
        return Memory(self.key(spans_PSW), self.value(spans_PSW), member_PSR.any(2))

    def _members(self, real_PR: Tensor) -> Tensor:
        """Return whether each residue is in each span (P, S, R)."""
        length_P1 = real_PR.sum(1, keepdim=True)
        place_1R = torch.arange(real_PR.shape[1], device=real_PR.device).unsqueeze(0)
        count_P1 = length_P1.clamp(max=self.segments)
        span_PR = place_1R * count_P1 // length_P1
        number_1S1 = torch.arange(self.segments, device=real_PR.device)[None, :, None]
        return (span_PR.unsqueeze(1) == number_1S1) & real_PR.unsqueeze(1)


class NoKeys(nn.Module):
    """No keys: the head reads the projected mean vector."""

    reads: ClassVar[Reads] = "mean"

    def __init__(self, config: fields.NoMemory, width: int, dim: int, length: int) -> None:
        super().__init__()
        self.value = nn.Linear(width, dim)

    def forward(self, group: Group) -> Memory:
        """Return no keys (P, 0, E), and the projected mean vector as the only value (P, 1, E)."""
        value_P1E = self.value(group.mean_PW).unsqueeze(1)
        return Memory(value_P1E[:, :0], value_P1E)


MEMORIES: dict[type, Callable[..., Any]] = {
    fields.PooledMemory: Pooled,
    fields.ExpandedMemory: Expanded,
    fields.ResidueMemory: Residue,
    fields.SegmentMemory: Segment,
    fields.NoMemory: NoKeys,
    fields.CustomMemory: custom_memory,
}
