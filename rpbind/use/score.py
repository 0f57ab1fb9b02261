"""Logits of a trained model: windows and proteins in, one number per window out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rpbind.data.clusters import Progress, silent
from rpbind.data.dataset import Protein
from rpbind.errors import UserError
from rpbind.model.binding import BindingModel
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import ProteinEncoder
from rpbind.train.batches import scoring_batches
from rpbind.train.inputs import Inputs


@contextmanager
def embedded(
    sequences: dict[str, str], encoder: ProteinEncoder, progress: Progress = silent
) -> Iterator[Inputs]:
    """Encode proteins, given as sequence by name, as `rpbind embed` does.

    Gives inputs without windows, see `ask`. The vectors are mapped from a temporary folder that is
    gone after the block.
    """
    with tempfile.TemporaryDirectory() as folder:
        chains = list(sequences.values())
        store = build_store(Path(folder), encoder, chains, progress)
        offset_P, length_P = store.locate(chains)
        yield Inputs(
            rna_NL=torch.empty((0, 0), dtype=torch.uint8),
            label_N=torch.empty(0, dtype=torch.uint8),
            protein_N=torch.empty(0, dtype=torch.int32),
            parts={},
            mean_PW=torch.from_numpy(store.mean_PW(chains)),
            residues_ND=torch.from_numpy(store.residues_ND),
            offset_P=torch.from_numpy(offset_P),
            length_P=torch.from_numpy(length_P),
            proteins=tuple(Protein(name, name, chain, 0) for name, chain in sequences.items()),
            provenance={},
        )


def ask(inputs: Inputs, rna_NL: NDArray[np.uint8], protein_N: NDArray[np.int32]) -> Inputs:
    """Return the inputs with other windows: tokens (N, L) and places in `inputs.proteins` (N,).

    They have no labels: what stands in for them is not read.
    """
    unread_N = torch.zeros(len(rna_NL), dtype=torch.uint8)
    rna, protein = torch.from_numpy(rna_NL), torch.from_numpy(protein_N)
    return replace(inputs, rna_NL=rna, protein_N=protein, label_N=unread_N)


@torch.no_grad()
def scored(
    model: BindingModel, inputs: Inputs, index_N: Tensor, progress: Progress = silent
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the logits of the windows `index_N`, and which window each of them is of.

    Both are in the order of the batches, which are those that training scores: the same windows
    and threads give the same bits. Raises `UserError` where a logit is no number.
    """
    batches = scoring_batches(index_N)
    logits = []
    for done, index_B in enumerate(batches, start=1):
        rna_BL, groups, _ = inputs.batch(index_B, model.reads)
        logits.append(model(rna_BL, groups))
        progress(done, len(batches))
    logit_N, index_N = torch.cat(logits), torch.cat(batches)
    strange = ~torch.isfinite(logit_N)
    if strange.any():
        raise UserError(
            f"The model gives no number for {int(strange.sum()):,} of {len(logit_N):,} windows "
            f"({float(logit_N[strange][0])}): its weights or its protein vectors are damaged. Take "
            "the model file of another run, or make this one again."
        )
    return logit_N.numpy(), index_N.numpy()


def logits_of(
    model: BindingModel, inputs: Inputs, progress: Progress = silent
) -> NDArray[np.float32]:
    """Return the logit of every window of `inputs` (N,), in their order."""
    logit_N, index_N = scored(model, inputs, torch.arange(len(inputs.rna_NL)), progress)
    ordered_N = np.empty_like(logit_N)
    ordered_N[index_N] = logit_N
    return ordered_N
