"""The attention of one window over the protein, or the reason why it explains nothing.

Shapes: L nucleotides, H heads, Q query positions, S keys, E attention width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rpbind.model.attention import uniform_attention
from rpbind.model.binding import BindingModel
from rpbind.proteins.sequence import clean
from rpbind.train.inputs import Inputs
from rpbind.use.score import logits_of
from rpbind.use.trained import TrainedModel

SAME = 1e-6
"""Value vectors that differ by less than this, relative to the largest value, count as equal."""


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """The attention of one window, mean over heads; each row sums to 1.

    `weight_LS[i, s]` is the weight of nucleotide i on key s; nucleotides that the encoder pools
    share one row. `keys` names the keys: K12, or 5-8 for a segment of residues. `change_if_uniform`
    is the change of the logit when the attention is made uniform.
    """

    weight_LS: NDArray[np.float64]
    keys: tuple[str, ...]
    change_if_uniform: float


@torch.no_grad()
def attention_map(trained: TrainedModel, inputs: Inputs) -> AttentionMap | str:
    """Return the attention of the single window in `inputs`, or the reason why it is refused.

    If all values are the same vector, their weighted sum is that vector for any weights. Then the
    weights cannot change the output, and a figure of them would explain nothing.
    """
    model = trained.model
    if not isinstance(model, BindingModel):
        return (
            "not applicable: a whole model of one's own computes the logit itself, and rpbind "
            "cannot see or change its attention."
        )
    rna_1L, groups, _ = inputs.batch(torch.arange(1), model.reads)
    length = rna_1L.shape[1]
    weights = model.attention(rna_1L, groups)
    if not weights:
        return "the model has no attention (memory 'none'): the protein goes directly to the head."
    memory = model.memory(groups[0])
    real_S = slice(None) if memory.real_PS is None else memory.real_PS[0]
    if reason := _inert_reason(memory.values_PSE[0, real_S]):
        kind = trained.recipe.value("model.memory.kind")
        return f"the weights cannot change the logit (memory '{kind}'): {reason}"
    weight_QS = weights[0][0].mean(0)[:, real_S].double().numpy()
    shared = math.ceil(length / len(weight_QS))
    if math.ceil(length / shared) != len(weight_QS):
        return (
            f"not applicable: the encoder makes {len(weight_QS)} query vectors of "
            f"{length} nt, so a query has no place in the window."
        )
    with uniform_attention(model):
        uniform = logits_of(model, inputs)[0]
    return AttentionMap(
        np.repeat(weight_QS, shared, axis=0)[:length],
        _key_names(clean(inputs.proteins[0].sequence), weight_QS.shape[1]),
        float(uniform - logits_of(model, inputs)[0]),
    )


def _inert_reason(values_SE: Tensor) -> str:
    """Return why the weights over these values cannot change the output, or "" if they can."""
    if len(values_SE) == 1:
        return "the protein is a single key, and its weight is always 1."
    spread = float((values_SE - values_SE[0]).abs().max() / values_SE.abs().max())
    if spread > SAME:
        return ""
    return (
        f"all {len(values_SE)} values are the same vector (they differ by {spread:.0e} of its "
        "size), so their weighted sum is that vector for any weights."
    )


def _key_names(residues: str, count: int) -> tuple[str, ...]:
    """Name each key by its residue, or by the first and last residue of its segment."""
    if count == len(residues):
        return tuple(f"{letter}{place}" for place, letter in enumerate(residues, start=1))
    span_R = np.arange(len(residues)) * count // len(residues)
    starts = np.searchsorted(span_R, np.arange(count + 1))
    return tuple(f"{a + 1}-{b}" for a, b in pairwise(starts.tolist()))
