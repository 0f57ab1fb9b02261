"""Score windows: from windows and proteins to one logit per window."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rpbind.counted import counted
from rpbind.data.alphabet import lengths
from rpbind.data.clusters import Progress, silent
from rpbind.data.dataset import Protein
from rpbind.errors import UserError
from rpbind.model.pair_model import PairModel
from rpbind.proteins.build import build_store
from rpbind.proteins.encoder import ProteinEncoder
from rpbind.train.batches import scoring_batches
from rpbind.train.inputs import Inputs
from rpbind.vectors.encoder import FileVectors
from rpbind.vectors.matching import Named


@contextmanager
def inputs_of_proteins(
    sequences: dict[str, str],
    encoder: ProteinEncoder,
    progress: Progress = silent,
    headers: Mapping[str, tuple[str, ...]] | None = None,
) -> Iterator[Inputs]:
    """Encode proteins, given as sequence by name, in the same way as `rpbind embed`.

    Yields inputs without windows, see `with_windows`. The vectors are mapped from a temporary
    folder, which is removed after the block.
    """
    with tempfile.TemporaryDirectory() as folder:
        chains = list(sequences.values())
        if isinstance(encoder, FileVectors):
            encoder.find([
                Named(n, n, chain, (headers or {}).get(n, ())) for n, chain in sequences.items()
            ])  # fmt: skip
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


def with_windows(inputs: Inputs, rna_NL: NDArray[np.uint8], protein_N: NDArray[np.int32]) -> Inputs:
    """Return the inputs with other windows: tokens (N, L) and indices into `inputs.proteins` (N,).

    They have no labels: `label_N` is filled with zeros and not used. Shorter windows are padded.
    """
    shortest = int(lengths(rna_NL).min())
    unused_N = torch.zeros(len(rna_NL), dtype=torch.uint8)
    rna, protein = torch.from_numpy(rna_NL), torch.from_numpy(protein_N)
    return replace(
        inputs,
        rna_NL=rna,
        protein_N=protein,
        label_N=unused_N,
        shortest=shortest if shortest < rna_NL.shape[1] else None,
    )


@torch.no_grad()
def score_windows(
    model: PairModel, inputs: Inputs, index_N: Tensor, progress: Progress = silent
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the logits of the windows `index_N`, and the index of each logit's window.

    Both are in the order of the batches. Training scores the same batches, so the same windows and
    number of threads give the same bits. Raises `UserError` if a logit is NaN or infinite.
    """
    if inputs.varying:
        model.varying = True  # a mask has no weights: any model that takes one reads padded windows
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
            f"The logits of {counted(int(strange.sum()), 'window', len(logit_N))} are not finite "
            f"({float(logit_N[strange][0])}): the model's weights or its protein vectors are "
            "damaged. Take the model of another run, or train this run again."
        )
    return logit_N.numpy(), index_N.numpy()


def logits_of(model: PairModel, inputs: Inputs, progress: Progress = silent) -> NDArray[np.float32]:
    """Return the logit of every window of `inputs` (N,), in the order of the windows."""
    logit_N, index_N = score_windows(model, inputs, torch.arange(len(inputs.rna_NL)), progress)
    ordered_N = np.empty_like(logit_N)
    ordered_N[index_N] = logit_N
    return ordered_N
