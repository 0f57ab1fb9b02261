"""Probes: a trained model scores test windows again, each time with one input altered.

Shapes: N windows of the sample, L letters, P proteins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from scipy.special import expit

from rpbind.gathering.experiments import codes_of
from rpbind.ledger import ProteinScore
from rpbind.metrics import WindowScores, summarise
from rpbind.model.attention import uniform_attention
from rpbind.model.network import has_attention
from rpbind.model.padding import PAD
from rpbind.seeding.streams import generator
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

SAMPLE_SIZE = 20_000
"""A probe scores at most this many test windows, evenly spread over all of them."""


def probe(
    training: Training, on_test: WindowScores | None = None
) -> tuple[dict[str, float], tuple[ProteinScore, ...]]:
    """Score a sample of test windows unchanged, and once with each alteration.

    `on_test` are the scores of all of them, if they are known: the sample may be all.
    Returns metrics and scores per protein of the parts `probe` and `probe.NAME`. The metric
    `probe.NAME.moved` is the greatest change of any window's probability. Random draws depend only
    on the run's seed.
    """
    sample = _sample(training.inputs)
    if on_test is not None and len(on_test.logit_N) <= SAMPLE_SIZE:
        as_is = replace(on_test, cluster_N=None)
    else:
        as_is = _score(training, sample)
    metrics, per_protein = summarise(as_is, sample.proteins, "probe")
    for name, scores in _altered(training, sample):
        part = f"probe.{name}"
        altered, by_protein = summarise(scores, sample.proteins, part)
        moved = np.abs(expit(scores.logit_N) - expit(as_is.logit_N)).max()
        metrics |= altered | {f"{part}.moved": float(moved)}
        per_protein += by_protein
    return metrics, per_protein


def _altered(training: Training, sample: Inputs) -> Iterator[tuple[str, WindowScores]]:
    """Yield the scores of each alteration that this model and sample allow."""
    seed, model = training.seed, training.model
    yield "letters-shuffled", _score(training, letters_shuffled(sample, seed))
    swapped = proteins_shuffled(sample, seed)
    if swapped is not None:
        yield "proteins-shuffled", _score(training, swapped)
    if has_attention(model):
        with uniform_attention(model):
            yield "uniform-attention", _score(training, sample)


def letters_shuffled(sample: Inputs, seed: int) -> Inputs:
    """Shuffle the letters of each window: this keeps the composition and destroys motifs."""
    stream = generator("cpu", "probe", "letters", seed)
    draws_NL = torch.rand(sample.rna_NL.shape, generator=stream)
    last_NL = draws_NL.masked_fill(sample.rna_NL.cpu() == PAD, 1.0)  # padding stays at the end
    order_NL = last_NL.argsort(dim=1)
    device = sample.rna_NL.device
    return replace(sample, rna_NL=sample.rna_NL.gather(1, order_NL.to(device)))


def proteins_shuffled(sample: Inputs, seed: int) -> Inputs | None:
    """Give each protein the vectors of a protein of another cluster; labels stay unchanged.

    All windows of a protein get the same other protein, and no two proteins get the same one.
    Returns None if one cluster has more than half of the proteins, which makes that impossible.
    """
    present = torch.unique(sample.protein_N.long())
    cluster_P = torch.tensor([sample.proteins[p].cluster for p in present.tolist()])
    distinct, place_P, size = torch.unique(cluster_P, return_inverse=True, return_counts=True)
    shift = int(size.max())
    if 2 * shift > len(present):
        return None
    stream = generator("cpu", "probe", "proteins", seed)
    rank = torch.randperm(len(distinct), generator=stream)
    order_P = present[torch.argsort(rank[place_P], stable=True)]
    other = torch.arange(len(sample.proteins))
    other[order_P] = order_P.roll(
        shift
    )  # clusters are contiguous: the shift moves every protein out of its own
    there = other.to(sample.mean_PW.device)
    return replace(
        sample,
        mean_PW=sample.mean_PW[there],
        offset_P=sample.offset_P[other],
        length_P=sample.length_P[other],
        experiments=codes_of(sample.experiments, there),
    )


def _sample(inputs: Inputs) -> Inputs:
    """Return inputs with an evenly spread sample of the test windows only."""
    test_N = inputs.parts["test"]
    count = min(SAMPLE_SIZE, len(test_N))
    spread_N = torch.linspace(0, len(test_N) - 1, count, dtype=torch.float64).long()
    chosen_N = test_N[spread_N]
    device = inputs.mean_PW.device
    return replace(
        inputs,
        rna_NL=inputs.rna_NL[chosen_N.to(inputs.rna_NL.device)].to(device),
        label_N=inputs.label_N[chosen_N.to(device)],
        protein_N=inputs.protein_N[chosen_N],
        cluster_N=None,  # weights are those of a whole part, and this is a sample of one
        parts={"test": torch.arange(count)},
    )


def _score(training: Training, inputs: Inputs) -> WindowScores:
    before = training.inputs
    training.inputs = inputs
    try:
        return training.score("test")
    finally:
        training.inputs = before
