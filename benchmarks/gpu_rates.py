"""How many windows a second a run trains, alone or as one of several processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_speed import random_inputs

from rpbind.packing.rule import why_single
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

ECLIP91 = 1_363_557
"""Windows of eclip91."""
PATIENCE = 150.0
"""Seconds after which processes that share a device are ended."""
CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from gpu_rates import child; child()"


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Parameters
    ----------
    factor
        Divisor of the widths of all models.
    seconds
        Of each measurement of a rate.
    rounds
        Turns of every table.
    windows
        Of an epoch, validation included.
    processes
        That share the GPU.
    seeds
        Trained together.
    """

    factor: int = 1
    seconds: float = 2.0
    rounds: int = 5
    windows: int = ECLIP91
    processes: int = 8
    seeds: tuple[int, ...] = (5, 50)

    @property
    def stacked(self) -> dict[str, Recipe]:
        """Models that are trained together: an eighth as wide as presets, and as wide."""
        factors = (self.factor,) if self.factor > 1 else (8, 1)
        return {
            f"{name} /{factor}": narrowed(recipe, factor)
            for name, recipe in PRESETS.items()
            for factor in factors
            if not why_single(recipe, varying=False)
        }


WHOLE = Size()
SMALL = Size(8, 0.1, 1, 640, 2, (5,))


class Rate:
    """A run whose training windows/s are measured; its first steps are made at once."""

    def __init__(self, recipe: Recipe, device: str) -> None:
        inputs = random_inputs()
        endless = recipe.with_({"train.epochs": 100_000})
        self.training = Training(endless, 0, inputs, Machine(device=device))
        batches = self.training.begin_epoch()
        full = [index_B for index_B in batches if len(index_B) == len(batches[0])]
        self.batches = tuple(full[:64])
        self.training.train_on(self.batches[:8])

    def measure(self, seconds: float) -> float:
        """Return the windows/s of as many batches as are begun in so many seconds."""
        began, windows = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < seconds or not windows:
            self.training.train_on(self.batches)  # reads the loss, so it waits for the GPU
            windows += sum(map(len, self.batches))
        return windows / spent


def rates_together(recipes: Sequence[Recipe], device: str, size: Size) -> Iterator[list[float]]:
    """Yield for each recipe the windows/s of each process, while all of them train it.

    Parameters
    ----------
    recipes
        What all processes train, one recipe after another.
    device
        A torch device.
    size
        How many processes, and for how long.

    Returns
    -------
    Iterator
        Windows/s of the processes, recipe by recipe.

    Raises
    ------
    RuntimeError
        If a process ended, or all were ended because they took too long.
    """
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), device, str(size.seconds)]
    command += [recipe.model_dump_json() for recipe in recipes]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(size.processes)
    ]
    patience = threading.Timer(PATIENCE, _end, [children])
    patience.start()
    try:
        for _ in recipes:
            _answers(children)
            yield [float(line) for line in _answers(children)]
    finally:
        patience.cancel()
        _end(children)
        for each in children:
            each.communicate()


def _end(children: Sequence[subprocess.Popen[str]]) -> None:
    for each in children:
        each.kill()


def _answers(children: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Let all children go on at once, and return the next line of each."""
    for each in children:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    lines = [each.stdout.readline() for each in children if each.stdout is not None]
    if not all(lines):
        raise RuntimeError("a process ended without an answer, or took too long")
    return lines


def child() -> None:
    """Measure recipes in turn as one of several processes; each step waits for a line."""
    _, _, device, seconds, *recipes = sys.argv
    for recipe in recipes:
        sys.stdin.readline()
        rate = Rate(Recipe.model_validate_json(recipe), device)
        print("ready", flush=True)
        sys.stdin.readline()
        print(rate.measure(float(seconds)), flush=True)
