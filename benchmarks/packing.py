"""Seeds of a recipe trained as one stacked model, against the same seeds one after another.

    python benchmarks/packing.py [--device cuda] [--seeds 5] [--rounds 5] [--only old] [--bound]

One thread or one GPU, random windows in the shape of eclip91 (91 proteins, 101 nt); `/8` divides
the widths of a preset as `--narrower 8` does. The two ways take turns, epoch by epoch of a few
batches. A row has the medians of their seconds a step of all seeds (CPU seconds on a CPU), and of
the ratio in each round with its range: what training together gains. `--bound` prints instead the
most that it could gain: the time of a step is fitted as a + b x windows, at 8 and 32 windows, and
all seeds together pay `a` once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import typer
from model_speed import random_inputs

from rpbind.packing.rule import why_single
from rpbind.packing.training import Pack, Replica
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

ROWS = [
    (name, factor, batch)
    for name in PRESETS
    for factor in (8, 4, 1)
    for batch in ((32, 512) if name == "own-head" else (32, 256))
]
"""Preset, divisor of its widths, batch size."""
FIRST = 2
"""Rounds that are not counted: they have what only the first steps do, such as a recording."""


def main(
    device: str = "cpu", seeds: int = 5, rounds: int = 5, only: str = "", bound: bool = False
) -> None:
    """Print the table; with `bound`, the one of the bounds."""
    torch.set_num_threads(1)
    if bound:
        _print_bounds(seeds, rounds)
        return
    clock = time.process_time if device == "cpu" else _after_the_gpu
    print("| recipe | batch | alone, ms | together, ms | alone / together |\n|---|---|---|---|---|")
    for name, factor, batch in ROWS:
        if only in name and not why_single(PRESETS[name], varying=False):
            found = np.array(measured(name, factor, batch, device, seeds, rounds, clock))
            ratio = found[:, 0] / found[:, 1]
            middle = " | ".join(f"{each:.2f}" for each in np.median(found, 0) * 1e3)
            spread = f"{np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f})"
            print(f"| `{name}` /{factor} | {batch} | {middle} | {spread} |", flush=True)


def measured(
    name: str,
    factor: int,
    batch: int,
    device: str,
    seeds: int,
    rounds: int,
    clock: Callable[[], float],
    singles: int | None = None,
) -> list[tuple[float, float]]:
    """Return the seconds a step in each round: of all seeds alone, and of all together.

    With `singles`, only so many seeds are trained alone.
    """
    inputs = random_inputs()
    # a GPU needs enough steps for a clock, and records one of them, see `rpbind.train.replay`
    most = 256 if device == "cpu" else min(64 * batch, len(inputs.rna_NL))
    steps = max(3, most // batch)
    inputs = replace(inputs, parts=inputs.parts | {"train": torch.arange(steps * batch)})
    recipe = narrowed(PRESETS[name], factor) if factor > 1 else PRESETS[name]
    recipe = recipe.with_({"train.batch_size": batch, "train.epochs": rounds + FIRST})
    machine = Machine(device=device)
    alone = [Training(recipe, seed, inputs, machine) for seed in range(singles or seeds)]
    pack = Pack([Replica(Training(recipe, seed, inputs, machine)) for seed in range(seeds)])
    turns = []
    for _ in range(rounds + FIRST):
        began = clock()
        for training in alone:
            training.train_on(training.begin_epoch())
        between = clock()
        pack.train_epoch()
        turns.append(((between - began) / steps, (clock() - between) / steps))
    return turns[FIRST:]


def _print_bounds(seeds: int, rounds: int) -> None:
    print("| recipe | at 32 windows a seed | at 256 |\n|---|---|---|")
    for name, factor in dict.fromkeys(row[:2] for row in ROWS):
        few, many = (_step(name, factor, batch, rounds) for batch in (8, 32))
        each = (many - few) / (32 - 8)
        once = few - 8 * each
        gains = [seeds * (once + b * each) / (once + seeds * b * each) for b in (32, 256)]
        print(f"| `{name}` /{factor} | {gains[0]:.2f} | {gains[1]:.2f} |", flush=True)


def _step(name: str, factor: int, batch: int, rounds: int) -> float:
    """Return the CPU seconds of a step of one run, the best of some rounds."""
    inputs = random_inputs()
    recipe = narrowed(PRESETS[name], factor).with_({"train.batch_size": batch})
    training = Training(recipe, 0, inputs)
    batches = training.begin_epoch()[:16]
    times = []
    for _ in range(rounds + 1):
        began = time.process_time()
        training.train_on(batches)
        times.append((time.process_time() - began) / len(batches))
    return min(times[1:])


def _after_the_gpu() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    typer.run(main)
