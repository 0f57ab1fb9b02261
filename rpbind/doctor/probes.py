"""What moves the logit: other RNA, shuffled letters, another protein, other company in the batch.

Shapes: B windows, L nucleotides, P proteins, R residues, W protein vector width.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from rpbind.model.binding import BindingModel
from rpbind.model.memory import Group
from rpbind.train.inputs import Inputs

FAR_OFF = 100.0
"""Padding holds values this many times larger than any residue: a logit that reads it is far off"""


@torch.no_grad()
def probes(model: BindingModel, inputs: Inputs, index_B: Tensor) -> dict[str, float]:
    """Return the spread of the logits, and the largest change of one by each intervention.

    Changes are shares of the largest logit, or of 1 where that is larger: see `change`.
    `logits.within` is the mean over proteins of the spread among a protein's windows. What cannot
    be asked of these windows is left out: a swap of proteins where there is only one.
    """
    rna_BL, groups, _ = inputs.batch(index_B, model.reads)
    logit_B = model(rna_BL, groups)
    protein_B = inputs.protein_N[index_B].long()

    told = {
        "logits.spread": float(logit_B.std()),
        "logits.within": within(logit_B, protein_B),
        "logits.finite": float(logit_B.isfinite().all()),
        "probe.rna-swapped": change(logit_B, model(rna_BL.roll(len(rna_BL) // 2, 0), groups)),
        "probe.letters-shuffled": change(logit_B, model(_shuffled(rna_BL), groups)),
    }
    other_B = _swapped(protein_B)
    if (other_B != protein_B).any():
        swapped = _asking(inputs, index_B, other_B)
        told["probe.protein-swapped"] = change(
            logit_B, model(rna_BL, swapped.batch(index_B, model.reads)[1])
        )
    if model.reads == "residues":
        alone_B = _alone(model, inputs, index_B, protein_B)
        padded_B = model(rna_BL, [_padded(group) for group in groups])
        told["probe.padding"] = max(change(logit_B, alone_B), change(logit_B, padded_B))
    return told


def change(logit_B: Tensor, other_B: Tensor) -> float:
    """Return the largest change, relative to the largest logit where that is above 1.

    Rounding grows with the logits; what is left of it this way is about 1e-6 at most.
    """
    return float((other_B - logit_B).abs().max() / logit_B.abs().max().clamp(min=1))


def within(logit_B: Tensor, protein_B: Tensor) -> float:
    """Return the mean over proteins of the spread (sd) of the logits of a protein's windows."""
    spreads = [logit_B[protein_B == p].std(correction=0) for p in protein_B.unique().tolist()]
    return float(torch.stack(spreads).mean())


def _shuffled(rna_BL: Tensor) -> Tensor:
    """The same letters of every window in another order."""
    order_L = torch.randperm(rna_BL.shape[1], generator=torch.Generator().manual_seed(0))
    return rna_BL[:, order_L.to(rna_BL.device)]


def _swapped(protein_B: Tensor) -> Tensor:
    """Every window gets the next protein of those that are there."""
    distinct, place_B = torch.unique(protein_B, return_inverse=True)
    return distinct[(place_B + 1) % len(distinct)]


def _asking(inputs: Inputs, index_B: Tensor, protein_B: Tensor) -> Inputs:
    protein_N = inputs.protein_N.clone()
    protein_N[index_B] = protein_B.to(protein_N.dtype)
    return replace(inputs, protein_N=protein_N)


def _alone(model: BindingModel, inputs: Inputs, index_B: Tensor, protein_B: Tensor) -> Tensor:
    """Logits from batches of one protein each: nothing is padded."""
    logit_B = torch.empty(len(index_B), device=index_B.device)
    for protein in protein_B.unique().tolist():
        mine_B = protein_B == protein
        rna_BL, groups, _ = inputs.batch(index_B[mine_B], model.reads)
        logit_B[mine_B] = model(rna_BL, groups)
    return logit_B


def _padded(group: Group) -> Group:
    """The same group padded to twice its length, with values that are hard to overlook."""
    residues_PRW, real_PR = group.residues_PRW, group.real_PR
    assert residues_PRW is not None
    assert real_PR is not None
    more_PRW = torch.full_like(residues_PRW, FAR_OFF * float(residues_PRW.abs().max()))
    return replace(
        group,
        residues_PRW=torch.cat([residues_PRW, more_PRW], 1),
        real_PR=torch.cat([real_PR, torch.zeros_like(real_PR)], 1),
    )
