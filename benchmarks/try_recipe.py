"""What a recipe reaches on validation after training on a share of the training windows, once.

    python benchmarks/try_recipe.py data/eclip91 --share 0.5 --set '{"train.shift": 0}'

For choosing a recipe, not for a verdict: one seed, scored on 60,000 validation windows drawn at
random; the test windows are not read. Prints a line per epoch.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from rpbind.data.splits import SplitSpec
from rpbind.recipe.presets import preset
from rpbind.seeding.streams import generator
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

JUDGED = 60_000


def main(
    data: Path,
    name: Annotated[str, typer.Option("--preset")] = "own-head",
    changes: Annotated[str, typer.Option("--set", help="JSON: recipe path to value.")] = "{}",
    share: Annotated[float, typer.Option(min=0.0, max=1.0)] = 1.0,
    threads: int = 1,
) -> None:
    """Train a preset with changes on a share of the training windows of the cold-rna split."""
    recipe = preset(name).with_(json.loads(changes))
    inputs = Inputs.open(data, SplitSpec(), recipe.proteins)
    stream = generator("cpu", "try", 0)
    train_N, validation_N = inputs.parts["train"], inputs.parts["validation"]
    chosen = {
        "train": _some(train_N, int(share * len(train_N)), stream),
        "validation": _some(validation_N, JUDGED, stream),
        "test": validation_N[:0],
    }
    training = Training(recipe, 0, replace(inputs, parts=chosen), Machine(threads=threads))
    for point in training.epochs():
        rate = training.windows_seen / training.train_seconds
        print(
            f"epoch {point['epoch']:.0f}: train loss {point['train.loss']:.4f}, validation loss "
            f"{point['validation.loss']:.4f}, macro AUROC {point['validation.auroc_macro']:.4f}; "
            f"{rate:,.0f} windows/s"
        )


def _some(index_N: Tensor, count: int, stream: torch.Generator) -> Tensor:
    return index_N[torch.randperm(len(index_N), generator=stream)[:count]]


if __name__ == "__main__":
    typer.run(main)
