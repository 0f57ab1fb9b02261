"""How long one epoch of a preset takes on a dataset, with how much memory, and what it scores.

    python benchmarks/one_epoch.py data/eclip91 --preset fixed --threads 2

Prints one Markdown table row: training windows and rate, seconds of training and of scoring the
validation and test parts, peak resident memory of the process, and macro and pooled AUROC.
"""

import resource
import time
from pathlib import Path
from typing import Annotated

import typer

from rpbind.data.splits import SplitSpec
from rpbind.metrics import summarise
from rpbind.recipe.presets import preset
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine


def main(
    data: Path,
    name: Annotated[str, typer.Option("--preset")] = "fixed",
    threads: int = 2,
    device: str = "cpu",
) -> None:
    """Train one epoch on all training windows of the cold-rna split, and score it."""
    began = time.monotonic()
    inputs = Inputs.open(data, SplitSpec(), "physchem")
    opened = time.monotonic() - began
    recipe = preset(name).with_({"train.epochs": 1})
    training = Training(recipe, 0, inputs, Machine(device=device, threads=threads))
    (point,) = training.epochs()
    trained = time.monotonic() - began
    test, _ = summarise(training.score("test"), inputs.proteins, "test")
    seconds = time.monotonic() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cells = [
        f"`{name}`",
        threads,
        f"{training.windows_seen:,}",
        f"{training.train_seconds:,.0f}",
        f"{training.windows_seen / training.train_seconds:,.0f}",
        f"{trained - training.train_seconds - opened:,.0f}",
        f"{seconds - trained:,.0f}",
        f"{cpu:,.0f}",
        f"{memory:.2f}",
        f"{point['train.loss']:.4f}",
        f"{point['validation.auroc_macro']:.4f}",
        f"{test['test.auroc_macro']:.4f}",
        f"{test['test.auroc_pooled']:.4f}",
    ]
    print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    typer.run(main)
