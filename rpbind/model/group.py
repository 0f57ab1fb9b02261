"""Proteins of a batch, and the keys and values that a memory makes of them.

Shapes: B windows, P distinct proteins of a group, R residues (padded), W protein vector width, S
keys, E attention width.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

Reads = Literal["mean", "residues"]


@dataclass(frozen=True)
class Counts:
    """How many windows and residues each protein of a group has, as numbers of the host.

    They are those of two tensors. A group that gets other ones does not use them.

    Parameters
    ----------
    protein_B, real_PR
        The tensors.
    windows, residues
        The counts of the P proteins.
    """

    protein_B: Tensor
    real_PR: Tensor
    windows: tuple[int, ...]
    residues: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Some windows of a batch with their distinct proteins.

    Proteins of similar length share a group, so that there is little padding.

    Parameters
    ----------
    rows_B
        The windows' indices in the batch (windows of the group,) int64.
    protein_B
        Each window's protein, as an index into this group's proteins (windows of the group,) int64.
    mean_PW
        Mean residue vector of each protein (P, W).
    residues_PRW
        Residue vectors (P, R, W), padded; None if the memory does not read them.
    real_PR
        True for a residue, False for padding (P, R) bool; None without residues.
    experiments
        {"name" or "parts": codes of the experiments (P, D)}; empty where they are not known.
    counts
        Counts of windows and residues; None if nobody has counted.
    """

    rows_B: Tensor
    protein_B: Tensor
    mean_PW: Tensor
    residues_PRW: Tensor | None = None
    real_PR: Tensor | None = None
    experiments: Mapping[str, Tensor] = field(default_factory=dict)
    counts: Counts | None = None

    @property
    def counted(self) -> Counts:
        """The counts; reading them from a GPU would wait for it, so they are given if known."""
        known, real_PR = self.counts, self.real_PR
        assert real_PR is not None
        if known and known.protein_B is self.protein_B and known.real_PR is real_PR:
            return known
        windows_P = torch.bincount(self.protein_B, minlength=len(self.mean_PW))
        windows, residues = windows_P.tolist(), real_PR.sum(1).tolist()
        return Counts(self.protein_B, real_PR, tuple(windows), tuple(residues))


@dataclass(frozen=True)
class Memory:
    """Keys and values of a group's proteins.

    Parameters
    ----------
    keys_PSE
        Keys (P, S, E).
    values_PSE
        Values (P, S, E).
    real_PS
        True for a key, False for padding (P, S) bool; None if there is no padding.
    """

    keys_PSE: Tensor
    values_PSE: Tensor
    real_PS: Tensor | None = None
