"""Statistics of the attention weights, and how far uniform weights change the logits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from rpbind.doctor.probes import change
from rpbind.model.attention import uniform_attention
from rpbind.model.binding import BindingModel
from rpbind.model.group import Group
from rpbind.model.pair_model import PairModel


@torch.no_grad()
def attention(model: PairModel, rna_BL: Tensor, groups: Sequence[Group]) -> dict[str, float]:
    """Return statistics of the attention weights, or {} for a model without attention, and for a
    whole model of the user's own.

    They are the weights' mean and standard deviation, their entropy divided by log(keys), and the
    largest change of a logit when the attention is made uniform. Padded keys and queries are left
    out, and so is the entropy if every protein is a single key.
    """
    if not isinstance(model, BindingModel) or model.attend is None:
        return {}
    by_group = zip(model.attention(rna_BL, groups), groups, strict=True)
    pairs = [(w_BHQS, model.memory(g).real_PS, g) for w_BHQS, g in by_group]
    real_BQ = model.encode(rna_BL, groups)[1]
    weights, entropies = [], []
    for w_BHQS, real_PS, group in pairs:
        protein_B = group.protein_B
        for place, window in enumerate(group.rows_B.tolist()):
            w_HQS = w_BHQS[place] if real_BQ is None else w_BHQS[place][:, real_BQ[window]]
            own_HQS = w_HQS if real_PS is None else w_HQS[:, :, real_PS[protein_B[place]]]
            weights.append(own_HQS.flatten())
            if (keys := own_HQS.shape[2]) > 1:
                entropies.append(torch.special.entr(own_HQS).sum(2).mean() / math.log(keys))
    every = torch.cat(weights).double()
    with uniform_attention(model):
        uniform_B = model(rna_BL, groups)
    measured = {
        "attention.mean": float(every.mean()),
        "attention.spread": float(every.std(correction=0)),
        "attention.uniform": change(model(rna_BL, groups), uniform_B),
    }
    if entropies:
        measured["attention.entropy"] = float(torch.stack(entropies).mean())
    return measured
