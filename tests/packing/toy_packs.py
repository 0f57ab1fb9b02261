"""Small runs on windows of one length, which can be trained alone or in a pack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from rpbind.data.dataset import Protein
from rpbind.gathering.experiments import experiment_codes
from rpbind.packing.training import Pack, Replica
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

WINDOWS, BATCH, LENGTH, WIDTH, PROTEINS = 82, 8, 20, 6, 5
"""The last batch of an epoch has two windows."""

SMALL = narrowed(FIXED, 16).with_({"train.batch_size": BATCH, "train.epochs": 6, "train.lr": 3e-4})
DIFFERENT: tuple[dict[str, Any], ...] = (
    {},
    {"train.optimizer": "adamw", "train.weight_decay": 0.1, "model.init": "torch"}
    | {"model.attention.dropout": 0.3, "train.clip_norm": "off"},
    {"train.schedule": "one-cycle", "train.mask": 0.2, "train.shift": 2, "train.epochs": 4}
    | {"train.lr": 1e-4},
)
"""What runs of one architecture may differ in, beside the seed."""


def toy_inputs(proteins: int = PROTEINS, dtype: torch.dtype = torch.float32) -> Inputs:
    """Random windows and proteins; a window is bound where it begins with an A."""
    stream = torch.Generator().manual_seed(0)
    rna_NL = torch.randint(0, 5, (WINDOWS + 30, LENGTH), generator=stream, dtype=torch.uint8)
    protein_N = torch.randint(0, proteins, (len(rna_NL),), generator=stream, dtype=torch.int32)
    residues_ND = torch.randn(proteins, WIDTH, generator=stream, dtype=torch.float64).to(dtype)
    names = [f"P{number}_K562" for number in range(proteins)]
    index_N = torch.arange(len(rna_NL))
    return Inputs(
        rna_NL=rna_NL,
        label_N=(rna_NL[:, 0] == 0).to(torch.uint8),
        protein_N=protein_N,
        parts={
            "train": index_N[:WINDOWS],
            "validation": index_N[WINDOWS : WINDOWS + 15],
            "test": index_N[WINDOWS + 15 :],
        },
        mean_PW=residues_ND,
        residues_ND=residues_ND,
        offset_P=torch.arange(proteins),
        length_P=torch.ones(proteins, dtype=torch.int64),
        proteins=tuple(Protein(name, name, "M", number) for number, name in enumerate(names)),
        provenance={},
        experiments={by: code.to(dtype) for by, code in experiment_codes(names, names).items()},
    )


def run(recipe: Recipe, seed: int, inputs: Inputs) -> Training:
    """A run in the dtype of the inputs; nothing in its model starts at zero."""
    training = Training(recipe, seed, inputs)
    training.model.to(inputs.mean_PW.dtype)
    stream = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in training.model.named_parameters():
            if name.startswith(("own.", "experiment.")) or name.endswith("position"):
                weight.copy_(torch.randn(weight.shape, generator=stream) / 4)
    return training


def pack(runs: Sequence[Training]) -> Pack:
    """Runs as one pack."""
    return Pack([Replica(each) for each in runs])


def trained(pack: Pack, steps: int) -> Pack:
    """A pack after some steps of its first epoch and the next ones."""
    while steps > 0:
        batches = [training.begin_epoch() for training in pack.trainings]
        for each in list(zip(*batches, strict=True))[:steps]:
            pack.step(list(pack.inputs.planned(each, "mean")))
        steps -= len(batches[0])
    return pack


def trained_alone(training: Training, steps: int) -> Training:
    """A run after as many steps without a pack."""
    while steps > 0:
        batches = training.begin_epoch()
        for index_B in batches[:steps]:
            training.step(index_B)
        steps -= len(batches)
    return training
