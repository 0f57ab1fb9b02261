"""How many runs share a GPU: as many as its memory holds, by a measurement of every model.

Each model makes a few whole steps and scores a whole batch on one GPU, before the first run begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import ray
import torch

from rpbind.data.splits import SplitSpec
from rpbind.design.source import DataSource
from rpbind.recipe import Recipe
from rpbind.run.resources import Resources
from rpbind.train.batches import DEVICE_BATCH
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.verbosity import say

STEPS = 6
"""Steps of each model: those before one is recorded, the recording, and a replay."""
CONTEXT = 700 * 2**20
"""Bytes that CUDA takes in every process beside torch's memory. An estimate."""
USABLE = 0.9
"""Share of a GPU's memory that runs may take together."""
MOST = 8
"""Most runs on a GPU. More were never measured."""


def share_of(peak: int, total: int) -> float:
    """Return which part of a GPU a run gets, so that as many share it as its memory holds.

    Parameters
    ----------
    peak
        Bytes that torch reserves for the largest run.
    total
        Bytes of the GPU.

    Returns
    -------
    float
        1, 1/2, 1/3, ... and not less than 1 / `MOST`, rounded down as Ray counts.
    """
    runs = max(1, min(MOST, int(USABLE * total // (peak + CONTEXT))))
    return math.floor(10_000 / runs) / 10_000


def few(inputs: Inputs, batch: int) -> Inputs:
    """Return inputs with so many training windows as the measured steps take."""
    parts = {**inputs.parts, "train": inputs.parts["train"][: STEPS * batch]}
    return replace(inputs, parts=parts | {"validation": parts["validation"][:DEVICE_BATCH]})


def peak_memory(recipe: Recipe, inputs: Inputs, machine: Machine) -> int:
    """Return the bytes that torch reserves on a GPU for a run.

    Parameters
    ----------
    recipe
        The run's hyperparameters.
    inputs
        Its windows and vectors.
    machine
        The GPU.

    Returns
    -------
    int
        The peak over some steps and a scoring batch.
    """
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    next(Training(recipe, 0, few(inputs, recipe.train.batch_size), machine).epochs())
    return torch.cuda.max_memory_reserved()


def shared(
    resources: Resources, recipes: Sequence[Recipe], source: DataSource, seed: int
) -> Resources:
    """Measure models on a GPU of Ray, and return resources with the part of one that a run gets.

    Parameters
    ----------
    resources
        What each run gets.
    recipes
        The recipes of the arms; each distinct model is measured once.
    source
        What runs read.
    seed
        The first seed, which says what split of folds is read.

    Returns
    -------
    Resources
        The resources.
    """
    models = list({f"{r.proteins} {r.model} {r.train.batch_size}": r for r in recipes}.values())
    task = ray.remote(_measured).options(num_gpus=1, num_cpus=resources.cpus)
    split = source.split.of_run(seed)
    peak, total = ray.get(task.remote(models, source.data, split, resources.cpus))
    share = share_of(peak, total)
    say(
        f"gpus      {1 / share:.0f} run(s) share a GPU: the largest model took {peak / 1e9:.1f} of "
        f"{total / 1e9:.1f} GB in its first steps"
    )
    return replace(resources, gpus=share)


def _measured(
    recipes: Sequence[Recipe], data: Path, split: SplitSpec, cpus: int
) -> tuple[int, int]:
    """Return the most bytes that a recipe takes, and those of the GPU."""
    machine = Machine(device="cuda", threads=cpus)
    peaks = [peak_memory(r, Inputs.open(data, split, r.proteins), machine) for r in recipes]
    return max(peaks), torch.cuda.get_device_properties(0).total_memory
