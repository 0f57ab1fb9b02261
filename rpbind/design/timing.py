"""The time of one run: the mean of finished runs, or an estimate from a few timed batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rpbind.design.price import Timing
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger
from rpbind.recipe import Recipe
from rpbind.train.batches import EVALUATION_BATCH
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

BATCHES = 3
"""Number of timed batches, after as many for warm-up."""


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


def timed_here(recipes: Sequence[Recipe], source: DataSource, threads: int) -> Timing:
    """Estimate the time of a run from a few batches of each model on this machine's CPU.

    The estimate covers all epochs and all parts. It ignores early stopping, and that runs at the
    same time slow each other down.

    Parameters
    ----------
    recipes
        The recipes of the arms; each distinct model is timed once.
    source
        The dataset and its split.
    threads
        CPU threads of torch.

    Returns
    -------
    Timing
        The mean over the recipes.
    """
    seconds: list[float] = []
    known: dict[str, float] = {}
    for recipe in recipes:
        key = f"{recipe.model} {recipe.train.batch_size} {recipe.train.epochs}"
        if key not in known:
            known[key] = _seconds(recipe, source, threads)
        seconds.append(known[key])
    basis = (
        f"estimated from {BATCHES} batches of each of {len(known)} models, timed on this machine"
    )
    return Timing(float(np.mean(seconds)), basis)


def _seconds(recipe: Recipe, source: DataSource, threads: int) -> float:
    """Return the estimated seconds of a run of one recipe."""
    inputs = source.inputs(recipe.proteins)
    few = {"train": _spread(inputs.parts["train"], BATCHES * recipe.train.batch_size)}
    few |= {part: _spread(inputs.parts[part], EVALUATION_BATCH) for part in ("validation", "test")}
    twice = recipe.with_({"train.epochs": 2, "train.stop_after": None})
    training = Training(twice, 0, replace(inputs, parts=few), Machine(threads=threads))
    epochs = training.epochs()
    next(epochs)
    warm_up, seen = training.train_seconds, training.windows_seen
    next(epochs)
    per_window = (training.train_seconds - warm_up) / (training.windows_seen - seen)
    began = time.monotonic()
    training.score("test")
    per_scored = (time.monotonic() - began) / len(few["test"])
    sizes = {part: len(index_N) for part, index_N in inputs.parts.items()}
    epoch = sizes["train"] * per_window + sizes["validation"] * per_scored
    return recipe.train.epochs * epoch + (sizes["validation"] + sizes["test"]) * per_scored


def _spread(index_N: torch.Tensor, most: int) -> torch.Tensor:
    """Return up to `most` windows, evenly spaced over a part, as varied as a shuffled batch."""
    return index_N[:: max(1, len(index_N) // most)][:most]
