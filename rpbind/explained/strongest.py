"""The strongest bound test windows of a model, each of another protein cluster, explained.

Shapes: N windows, L nucleotides.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rpbind.data.alphabet import MOST_N, decode, lengths, n_share
from rpbind.logos.picture import Picture
from rpbind.train.inputs import Inputs
from rpbind.train.opened import OpenData
from rpbind.use.attention import attention_map
from rpbind.use.compatibility import EvaluationTarget, matching_inputs
from rpbind.use.experiments import with_experiments
from rpbind.use.explain import Explanation, as_picture
from rpbind.use.mutagenesis import mutate
from rpbind.use.score import logits_of, score_windows, with_windows
from rpbind.use.trained import TrainedModel

COUNT, SCORED, WIDTH = 3, 1024, 8
"""Windows that are explained; bound windows that are scored to find them; length of a top span."""


def strongest(model: Path, data: Path | OpenData, *, trust: bool = False) -> tuple[Picture, ...]:
    """Explain the bound test windows with the highest logits, one for each protein cluster.

    Of more than 1,024 bound windows, 1,024 at equal distances are scored, so that this takes
    seconds. The choice depends on model and data alone.

    Parameters
    ----------
    model
        Folder of the model.
    data
        The dataset that it was trained on, or its folder.
    trust
        Whether classes of its author's own may be imported, which runs their code.

    Returns
    -------
    tuple of Picture
        At most three windows, the one with the highest logit first.

    Raises
    ------
    UserError
        If the data are not the model's, or the model cannot be read.
    """
    trained = TrainedModel.open(model, trust=trust)
    torch.set_num_threads(trained.threads)
    opened = OpenData(data) if isinstance(data, Path) else data
    inputs, _ = matching_inputs(trained, EvaluationTarget(opened))
    return tuple(_explained(trained, inputs, place) for place in _chosen(trained, inputs))


def _chosen(trained: TrainedModel, inputs: Inputs) -> list[int]:
    """Return the chosen windows: indices into those of the inputs."""
    test_N = inputs.parts["test"]
    bound_N = test_N[inputs.label_N[test_N] == 1].numpy()
    bound_N = bound_N[n_share(inputs.rna_NL[torch.from_numpy(bound_N)].numpy()) <= MOST_N]
    if len(bound_N) > SCORED:
        bound_N = bound_N[np.linspace(0, len(bound_N) - 1, SCORED).round().astype(np.int64)]
    if not len(bound_N):
        return []
    logit_N, index_N = score_windows(trained.model, inputs, torch.from_numpy(bound_N))
    chosen: dict[int, int] = {}
    for place in index_N[np.lexsort((index_N, -logit_N))].tolist():
        cluster = inputs.proteins[int(inputs.protein_N[place])].cluster
        chosen.setdefault(cluster, place)
    return list(chosen.values())[:COUNT]


def _explained(trained: TrainedModel, inputs: Inputs, place: int) -> Picture:
    """Explain one window of the inputs with the vectors that training read."""
    which = int(inputs.protein_N[place])
    protein, only = inputs.proteins[which], slice(which, which + 1)
    tokens_1L = inputs.rna_NL[place : place + 1].numpy()
    tokens_L = tokens_1L[0, : int(lengths(tokens_1L)[0])]
    alone = with_experiments(
        trained,
        replace(
            inputs,
            mean_PW=inputs.mean_PW[only],
            offset_P=inputs.offset_P[only],
            length_P=inputs.length_P[only],
            proteins=(protein,),
        ),
    )

    def of(rna_ML: NDArray[np.uint8]) -> Inputs:
        return with_windows(alone, rna_ML, np.zeros(len(rna_ML), dtype=np.int32))

    mutagenesis = mutate(tokens_L, lambda rna_ML: logits_of(trained.model, of(rna_ML)))
    attention = attention_map(trained, of(tokens_L[None]))
    return as_picture(
        Explanation(
            letters=decode(tokens_L),
            protein=protein.id,
            mutagenesis=mutagenesis,
            span=mutagenesis.top_span(min(WIDTH, len(tokens_L))),
            attention=None if isinstance(attention, str) else attention,
            refusal=attention if isinstance(attention, str) else "",
            context=trained.context(protein.id, protein.sequence),
            calibrated=float(trained.calibration.probability(np.array([mutagenesis.logit]))[0]),
        ),
        trained,
    ).short()
