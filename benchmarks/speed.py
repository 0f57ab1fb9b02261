"""Training windows per CPU second: against the original pipeline, and fast against plain forms.

    python benchmarks/speed.py [--rounds 5] [--only fixed-32]

One thread, random windows in the shape of eclip91 (91 proteins, 101 nt). The candidates of a row
take turns, so that a busy machine slows all of them; a row has the median of each one's rate, and
of the ratio in each round with its range.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import typer
from model_speed import random_inputs
from original_pipeline import WIDTH

from rpbind.recipe import Recipe
from rpbind.recipe.presets import PRESETS
from rpbind.seeding.streams import reseed
from rpbind.train.batches import shuffled_batches
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

PIPELINE = Path(__file__).with_name("original_pipeline.py")
STEPS = {32: 12, 256: 3, 512: 3}
Step = Callable[[], None]


def ours(name: str, batch: int, inputs: Inputs, *, plain: bool = False) -> Step:
    """Return a function that makes one training step of a preset."""
    return step_of(PRESETS[name].with_({"train.batch_size": batch, "model.plain": plain}), inputs)


def step_of(recipe: Recipe, inputs: Inputs) -> Step:
    """Return a function that makes one training step of a recipe, of a full batch."""
    recipe = recipe.with_({"train.epochs": 100})
    training = Training(recipe, 0, inputs)
    training.model.train()
    reseed(training.model, "cpu", 0, 1)
    batches = shuffled_batches(training.inputs.parts["train"], recipe.train, (0, 1), 1)
    place = 0

    def step() -> None:
        nonlocal place
        training.step(batches[place % (len(batches) - 1)])
        place += 1

    return step


def theirs(name: str, batch: int) -> float:
    """Return the windows per CPU second of the original pipeline, in a process of its own."""
    command = [sys.executable, str(PIPELINE), name, str(batch), str(STEPS[batch])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def rate(step: Step, batch: int) -> float:
    """Return the windows per CPU second of some steps."""
    began = time.process_time()
    for _ in range(STEPS[batch]):
        step()
    return STEPS[batch] * batch / (time.process_time() - began)


ROWS: dict[str, tuple[str, int, bool]] = {
    "old-32": ("old", 32, True),
    "old-256": ("old", 256, True),
    "fixed-32": ("fixed", 32, True),
    "fixed-256": ("fixed", 256, True),
    "conv-residue-256": ("conv-residue", 256, False),
    "own-head-512": ("own-head", 512, False),
}
"""Row -> preset, batch size, whether the original pipeline is a candidate."""


def main(rounds: int = 5, only: str = "") -> None:
    """Print the table."""
    torch.set_num_threads(1)
    mean_inputs, residue_inputs = random_inputs(WIDTH), random_inputs()
    print("| row | original | plain form | fast form | fast / original | fast / plain |")
    print("|---|---|---|---|---|---|")
    for row, (name, batch, has_original) in ROWS.items():
        if only not in row:
            continue
        inputs = mean_inputs if has_original else residue_inputs
        plain, fast = ours(name, batch, inputs, plain=True), ours(name, batch, inputs)
        plain()
        fast()  # both once for what only the first step does
        turns = [
            [rate(plain, batch), rate(fast, batch), theirs(name, batch) if has_original else 1.0]
            for _ in range(rounds)
        ]
        measured = np.array(turns)
        middle = [f"{rate:,.0f}" for rate in np.median(measured, 0)]
        against = _ratio(measured[:, 1] / measured[:, 2]) if has_original else "-"
        print(
            f"| `{row}` | {middle[2] if has_original else '-'} | {middle[0]} | {middle[1]} "
            f"| {against} | {_ratio(measured[:, 1] / measured[:, 0])} |",
            flush=True,
        )


def _ratio(ratio: np.ndarray) -> str:
    return f"{np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f})"


if __name__ == "__main__":
    typer.run(main)
