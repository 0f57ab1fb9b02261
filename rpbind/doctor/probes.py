"""How far a logit changes with other RNA, letters, protein, padding, or company in its batch.

Shapes: B windows, L nucleotides, P proteins, R residues, W protein vector width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from rpbind.model.group import Group
from rpbind.model.padding import PAD
from rpbind.model.pair_model import PairModel
from rpbind.train.inputs import Inputs

FAR_OFF = 100.0
"""Padding gets values this many times the largest residue value, so that reading it shows."""


@torch.no_grad()
def probes(model: PairModel, inputs: Inputs, index_B: Tensor) -> dict[str, float]:
    """Return the spread of the logits, and the largest change of a logit by each intervention.

    Changes are relative to the largest logit, or to 1 if that is larger: see `change`.
    `logits.within` is the mean over proteins of the spread among a protein's windows. A measure
    that these windows do not allow is left out, such as swapping proteins if there is only one.
    """
    rna_BL, groups, _ = inputs.batch(index_B, model.reads)
    logit_B = model(rna_BL, groups)
    protein_B = inputs.protein_N[index_B].long()

    measured = {
        "logits.spread": float(logit_B.std()),
        "logits.within": within(logit_B, protein_B),
        "logits.finite": float(logit_B.isfinite().all()),
        "probe.rna-swapped": change(logit_B, model(rna_BL.roll(len(rna_BL) // 2, 0), groups)),
        "probe.letters-shuffled": change(logit_B, model(_shuffled(rna_BL), groups)),
    }
    same_B = _in_other_company(model, rna_BL, groups)
    measured["probe.company"] = change(logit_B[: len(same_B)], same_B)
    other_B = _swapped(protein_B)
    if (other_B != protein_B).any():
        swapped = _with_proteins(inputs, index_B, other_B)
        measured["probe.protein-swapped"] = change(
            logit_B, model(rna_BL, swapped.batch(index_B, model.reads)[1])
        )
    if model.reads == "residues":
        alone_B = _alone(model, inputs, index_B, protein_B)
        padded_B = model(rna_BL, [_padded(group) for group in groups])
        measured["probe.padding"] = max(change(logit_B, alone_B), change(logit_B, padded_B))
    if inputs.varying:
        unpadded = change(logit_B, _of_one_length(model, inputs, index_B, rna_BL))
        measured["probe.padding"] = max(unpadded, measured.get("probe.padding", 0.0))
    return measured


def _in_other_company(model: PairModel, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
    """Return the logits of the first half of the batch in other company.

    All windows of the second half get the RNA of the first window, and in each group the protein of
    one of them, so that padding is the same.
    """
    kept = (len(rna_BL) + 1) // 2
    others_BL = torch.cat([rna_BL[:kept], rna_BL[:1].expand(len(rna_BL) - kept, -1)])
    return model(others_BL, [_with_others(group, kept) for group in groups])[:kept]


def _with_others(group: Group, kept: int) -> Group:
    protein_B = torch.where(group.rows_B < kept, group.protein_B, group.protein_B[0])
    return replace(group, protein_B=protein_B)


def change(logit_B: Tensor, other_B: Tensor) -> float:
    """Return the largest change, relative to the largest logit if that is above 1.

    Rounding errors grow with the logits; relative to the largest one they are at most about 1e-6.
    """
    return float((other_B - logit_B).abs().max() / logit_B.abs().max().clamp(min=1))


def within(logit_B: Tensor, protein_B: Tensor) -> float:
    """Return the standard deviation of the logits of a protein's windows, mean over proteins."""
    spreads = [logit_B[protein_B == p].std(correction=0) for p in protein_B.unique().tolist()]
    return float(torch.stack(spreads).mean())


def _shuffled(rna_BL: Tensor) -> Tensor:
    """Return the windows with their letters in another order; windows of one length share it."""
    order_L = torch.randperm(rna_BL.shape[1], generator=torch.Generator().manual_seed(0))
    rank_BL = torch.argsort(order_L).to(rna_BL.device).expand(rna_BL.shape)
    last_BL = rank_BL.masked_fill(rna_BL == PAD, rna_BL.shape[1])  # padding stays at the end
    return rna_BL.gather(1, last_BL.argsort(dim=1))


def _swapped(protein_B: Tensor) -> Tensor:
    """Give every window the next of the batch's proteins."""
    distinct, place_B = torch.unique(protein_B, return_inverse=True)
    return distinct[(place_B + 1) % len(distinct)]


def _with_proteins(inputs: Inputs, index_B: Tensor, protein_B: Tensor) -> Inputs:
    protein_N = inputs.protein_N.clone()
    protein_N[index_B] = protein_B.to(protein_N.dtype)
    return replace(inputs, protein_N=protein_N)


def _alone(model: PairModel, inputs: Inputs, index_B: Tensor, protein_B: Tensor) -> Tensor:
    """Return logits from batches of one protein each, in which nothing is padded."""
    logit_B = torch.empty(len(index_B), device=index_B.device)
    for protein in protein_B.unique().tolist():
        mine_B = protein_B == protein
        rna_BL, groups, _ = inputs.batch(index_B[mine_B], model.reads)
        logit_B[mine_B] = model(rna_BL, groups)
    return logit_B


def _of_one_length(model: PairModel, inputs: Inputs, index_B: Tensor, rna_BL: Tensor) -> Tensor:
    """Return logits from batches of windows of one length each, in which no window is padded."""
    logit_B = torch.empty(len(index_B), device=index_B.device)
    length_B = (rna_BL != PAD).sum(1)
    for length in length_B.unique().tolist():
        mine_B = length_B == length
        rna_bl, groups, _ = inputs.batch(index_B[mine_B], model.reads)
        logit_B[mine_B] = model(rna_bl, groups)
    return logit_B


def _padded(group: Group) -> Group:
    """Return the group padded to twice its length, with values too large to have no effect."""
    residues_PRW, real_PR = group.residues_PRW, group.real_PR
    assert residues_PRW is not None
    assert real_PR is not None
    more_PRW = torch.full_like(residues_PRW, FAR_OFF * float(residues_PRW.abs().max()))
    return replace(
        group,
        residues_PRW=torch.cat([residues_PRW, more_PRW], 1),
        real_PR=torch.cat([real_PR, torch.zeros_like(real_PR)], 1),
    )
