"""What a batch reads, planned on the host: windows, and their proteins in groups.

The plans of many batches go to the device together, so that a step waits for no copy and reads no
number back from the device.

Shapes: B windows, P distinct proteins of a group, R residues of the longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rpbind.gathering.experiments import codes_of
from rpbind.gathering.mapped import residues_of
from rpbind.model.group import Counts, Group, Reads

GROUP_SIZE = 8
"""Distinct proteins of similar length that share one padded block of residues."""

TOGETHER = 256
"""Batches whose plans go to a device in one copy."""


@dataclass(frozen=True)
class PlannedGroup:
    """Some windows of a batch with their distinct proteins, as indices.

    Parameters
    ----------
    rows_B, protein_B
        The windows' places in the batch, and each one's protein as a place in `members_P`.
    members_P
        The distinct proteins (P,), as indices into those of the inputs.
    offset_P, length_P
        Where their residues stand, and how many they are (P,); None without residues.
    windows, residues
        How many windows and residues each protein has, as numbers; empty where nobody asks.
    longest
        The number of residues that all proteins are padded to; 0 without residues.
    """

    rows_B: Tensor
    protein_B: Tensor
    members_P: Tensor
    offset_P: Tensor | None = None
    length_P: Tensor | None = None
    windows: tuple[int, ...] = ()
    residues: tuple[int, ...] = ()
    longest: int = 0


@dataclass(frozen=True)
class Shape:
    """The shape of batches that are all alike, so that a GPU can replay a step.

    Parameters
    ----------
    windows
        Windows of a batch.
    proteins
        Places for distinct proteins. Those that are left over repeat a protein, for no window.
    longest
        Residues that every protein is padded to.
    """

    windows: int
    proteins: int
    longest: int


@dataclass(frozen=True)
class Planned:
    """A batch: its windows, and the groups of their proteins.

    Parameters
    ----------
    index_B
        The windows (B,) int64, on the host.
    there_B
        The same on the device.
    groups
        The groups, on the device; every window is in exactly one.
    shape
        The shape, if it is that of all batches that have one.
    """

    index_B: Tensor
    there_B: Tensor
    groups: tuple[PlannedGroup, ...]
    shape: Shape | None = None

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.index_B)


def plan(
    index_B: Tensor, protein_N: Tensor, offset_P: Tensor, length_P: Tensor, reads: Reads
) -> Planned:
    """Plan a batch on the host.

    Parameters
    ----------
    index_B
        Its windows (B,).
    protein_N
        The protein of each window of the inputs.
    offset_P, length_P
        Where the residues of each protein of the inputs stand, and how many they are.
    reads
        Whether the model reads each protein's mean vector or its residues.

    Returns
    -------
    Planned
        The plan, with all tensors on the host. Residues have groups of `GROUP_SIZE` proteins of
        similar length, so that there is little padding.
    """
    distinct, place_B = torch.unique(protein_N[index_B].long(), return_inverse=True)
    if reads == "mean":
        rows_B = torch.arange(len(index_B))
        return Planned(index_B, index_B, (PlannedGroup(rows_B, place_B, distinct),))
    order = torch.argsort(length_P[distinct], stable=True)
    rank_B = torch.argsort(order)[place_B]
    groups = []
    for number, members_P in enumerate(distinct[order].split(GROUP_SIZE)):
        rows_B = torch.nonzero(rank_B // GROUP_SIZE == number).squeeze(1)
        protein_B, residues_P = rank_B[rows_B] % GROUP_SIZE, length_P[members_P]
        windows_P = torch.bincount(protein_B, minlength=len(members_P))
        windows, residues = tuple(windows_P.tolist()), tuple(residues_P.tolist())
        there = offset_P[members_P], residues_P
        groups.append(
            PlannedGroup(rows_B, protein_B, members_P, *there, windows, residues, max(residues))
        )
    return Planned(index_B, index_B, tuple(groups))


def sent(plans: Sequence[Planned], device: torch.device) -> list[Planned]:
    """Copy plans to a device together, without waiting for the copy.

    Parameters
    ----------
    plans
        Plans on the host.
    device
        The device.

    Returns
    -------
    list of Planned
        The plans with their tensors there.
    """
    if device.type == "cpu":
        return list(plans)
    tensors = [tensor for each in plans for tensor in tensors_of(each)]
    joined = torch.cat(tensors)
    if device.type == "cuda":
        joined = joined.pin_memory()
    there = iter(joined.to(device, non_blocking=True).split([len(each) for each in tensors]))
    return [with_tensors(each, there) for each in plans]


def rows_of(rna_NL: Tensor, planned: Planned) -> Tensor:
    """Return the windows of a batch (B, L) on its device, also if not all windows are there."""
    device = planned.there_B.device
    if rna_NL.device == device:
        return rna_NL[planned.there_B]
    rna_BL = rna_NL[planned.index_B]
    if device.type == "cuda":
        rna_BL = rna_BL.pin_memory()
    return rna_BL.to(device, non_blocking=True)


def gathered(
    group: PlannedGroup, mean_PW: Tensor, residues_ND: Tensor, experiments: Mapping[str, Tensor]
) -> Group:
    """Gather the vectors of a group's proteins.

    Parameters
    ----------
    group
        The group.
    mean_PW, residues_ND, experiments
        As in `rpbind.train.inputs.Inputs`.

    Returns
    -------
    Group
        What models read.
    """
    rows_B, protein_B, members_P = group.rows_B, group.protein_B, group.members_P
    mean_PW, codes = mean_PW[members_P], codes_of(experiments, members_P)
    if group.offset_P is None or group.length_P is None:
        return Group(rows_B, protein_B, mean_PW, experiments=codes)
    residues_PRW, real_PR = residues_of(residues_ND, group.offset_P, group.length_P, group.longest)
    counts = None
    if group.windows:
        counts = Counts(protein_B, real_PR, group.windows, group.residues)
    return Group(rows_B, protein_B, mean_PW, residues_PRW, real_PR, codes, counts)


def tensors_of(planned: Planned) -> Iterator[Tensor]:
    """Yield the tensors of a plan, all int64."""
    yield planned.index_B
    for group in planned.groups:
        yield from (tensor for tensor in vars(group).values() if isinstance(tensor, Tensor))


def with_tensors(planned: Planned, there: Iterator[Tensor]) -> Planned:
    """Return a plan with other tensors, in the order of `tensors_of`."""
    index_B = next(there)
    groups = []
    for group in planned.groups:
        names = [name for name, each in vars(group).items() if isinstance(each, Tensor)]
        groups.append(PlannedGroup(**{**vars(group), **{name: next(there) for name in names}}))
    return replace(planned, there_B=index_B, groups=tuple(groups))
