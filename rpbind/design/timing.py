"""How long one run takes: as its study's finished runs did, or by a few batches timed here."""

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
"""Batches that are timed, after as many that are not."""


def timed_rows(folder: Path) -> Timing | None:
    """Return the mean of a study's finished runs; None where it has none."""
    seconds = [row.cost["seconds"] for row in Ledger(folder).rows() if row.state == "done"]
    if not seconds:
        return None
    return Timing(float(np.mean(seconds)), f"the mean of this study's {len(seconds)} finished runs")


def timed_here(recipes: Sequence[Recipe], source: DataSource, threads: int) -> Timing:
    """Time a few batches of every distinct model on this machine's CPU; mean over the recipes.

    Epochs and parts are counted up from that: early stopping, which ends runs sooner, is not
    foreseen, nor that runs side by side slow each other down.
    """
    seconds: list[float] = []
    known: dict[str, float] = {}
    for recipe in recipes:
        key = f"{recipe.model} {recipe.train.batch_size} {recipe.train.epochs}"
        if key not in known:
            known[key] = _seconds(recipe, source, threads)
        seconds.append(known[key])
    how = f"counted up from {BATCHES} batches of each of {len(known)} models, timed on this machine"
    return Timing(float(np.mean(seconds)), how)


def _seconds(recipe: Recipe, source: DataSource, threads: int) -> float:
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
    """Windows from all over a part, as a shuffled batch has them."""
    return index_N[:: max(1, len(index_N) // most)][:most]
