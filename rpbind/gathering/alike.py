"""Batches of one shape, with which a GPU can replay a step.

Shapes: B windows, N windows of the inputs, P proteins.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rpbind.gathering.planned import Planned, PlannedGroup, Shape, tensors_of, with_tensors
from rpbind.model.group import Reads


def plan_alike(
    index_B: Tensor,
    protein_N: Tensor,
    offset_P: Tensor,
    length_P: Tensor,
    reads: Reads,
    shape: Shape,
) -> Planned:
    """Plan a batch in a given shape, with all proteins in one group; see `plan`."""
    distinct, place_B = torch.unique(protein_N[index_B].long(), return_inverse=True)
    unused_P = distinct[:1].expand(shape.proteins - len(distinct))
    members_P, rows_B = torch.cat([distinct, unused_P]), torch.arange(len(index_B))
    if reads == "mean":
        group = PlannedGroup(rows_B, place_B, members_P)
    else:
        there = offset_P[members_P], length_P[members_P]
        group = PlannedGroup(rows_B, place_B, members_P, *there, longest=shape.longest)
    return Planned(index_B, index_B, (group,), shape)


def put(planned: Planned, into: Planned) -> None:
    """Copy the tensors of a plan on the device into those of another one of the same shape."""
    for source, target in zip(_there(planned), _there(into), strict=True):
        target.copy_(source)


def copied(planned: Planned) -> Planned:
    """Return a plan with copies of its tensors on the device."""
    return with_tensors(planned, iter([tensor.clone() for tensor in _there(planned)]))


def _there(planned: Planned) -> list[Tensor]:
    return [planned.there_B, *list(tensors_of(planned))[1:]]
