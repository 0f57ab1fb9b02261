"""The time of one run: the mean of finished runs, or an estimate from a few timed steps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rpbind.design.runs import Parts, Timing
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger
from rpbind.recipe import Recipe
from rpbind.train.batches import EVALUATION_BATCH
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

BUDGET = 20.0
"""Seconds that the timing of all models may take, on a busy machine too."""
FEW = 16
"""Windows that every model is timed with, in one batch."""
BATCHES = 3
"""Batches of a model that is fast enough to be timed with whole ones."""


def timed_rows(folder: Path) -> Timing | None:
    """Return the mean time of a study's finished runs.

    Parameters
    ----------
    folder
        The folder of the study.

    Returns
    -------
    Timing
        The mean; None if no run is finished.
    """
    seconds = [row.cost["seconds"] for row in Ledger(folder).rows() if row.state == "done"]
    if not seconds:
        return None
    return Timing(float(np.mean(seconds)), f"the mean of this study's {len(seconds)} finished runs")


def timed_here(
    recipes: Sequence[Recipe],
    source: DataSource,
    threads: int,
    budget: float = BUDGET,
    parts: Parts | None = None,
) -> Timing:
    """Estimate the time of a run from a few steps of each model on this machine's CPU.

    The estimate covers all epochs and all parts. It ignores early stopping, and that runs at the
    same time slow each other down. Each model gets an equal share of the time that is left; when
    none is left, the others are taken to be as fast as the mean of those before them.

    Parameters
    ----------
    recipes
        The recipes of the arms; each distinct model is timed once.
    source
        The dataset and its split.
    threads
        CPU threads of torch.
    budget
        Seconds for all models together; the first one is always timed.
    parts
        How many windows a run reads; None for those of the split.

    Returns
    -------
    Timing
        The mean over the recipes.
    """
    keys = [f"{r.model} {r.train.batch_size} {r.train.epochs}" for r in recipes]
    models = dict(zip(keys, recipes, strict=True))
    known: dict[str, float] = {}
    end = time.monotonic() + budget
    for key, recipe in models.items():
        left = end - time.monotonic()
        if known and left <= 0:
            break
        known[key] = _seconds(recipe, source, threads, left / (len(models) - len(known)), parts)
    timed = "each" if len(known) == len(models) else f"{len(known)}"
    basis = f"estimated from a few steps of {timed} of {len(models)} models, timed on this machine"
    return Timing(float(np.mean([known[key] for key in keys if key in known])), basis)


def _seconds(
    recipe: Recipe, source: DataSource, threads: int, share: float, parts: Parts | None
) -> float:
    """Return the estimated seconds of a run; whole batches are timed if the share allows it."""
    inputs = source.inputs(recipe.proteins)
    machine = Machine(threads=threads)
    batches = BATCHES * recipe.train.batch_size
    step, score = _per_window(recipe, inputs, machine, FEW, FEW)
    if 2 * batches * step + 3 * EVALUATION_BATCH * score < share:
        step, score = _per_window(recipe, inputs, machine, batches, EVALUATION_BATCH)
    sizes = parts or Parts(**{part: len(index_N) for part, index_N in inputs.parts.items()})
    return sizes.seconds(recipe.train.epochs, step, score)


def _per_window(
    recipe: Recipe, inputs: Inputs, machine: Machine, trained: int, scored: int
) -> tuple[float, float]:
    """Return the seconds of a window in training and in scoring, over so many, after a warm-up."""
    few = {"train": _spread(inputs.parts["train"], trained)}
    few |= {part: _spread(inputs.parts[part], scored) for part in ("validation", "test")}
    twice = recipe.with_({"train.epochs": 2, "train.stop_after": None})
    training = Training(twice, 0, replace(inputs, parts=few), machine)
    epochs = training.epochs()
    next(epochs)
    warm_up, seen = training.train_seconds, training.windows_seen
    next(epochs)
    step = (training.train_seconds - warm_up) / (training.windows_seen - seen)
    began = time.monotonic()
    training.score("test")
    return step, (time.monotonic() - began) / len(few["test"])


def _spread(index_N: torch.Tensor, most: int) -> torch.Tensor:
    """Return up to `most` windows, evenly spaced over a part, as varied as a shuffled batch."""
    return index_N[:: max(1, len(index_N) // most)][:most]
