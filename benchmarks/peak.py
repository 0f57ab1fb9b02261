"""Which share of the float32 matrix peak of one thread the presets reach in training.

    python benchmarks/peak.py --out benchmarks/peak.md

The peak is the best FLOPs per CPU second of a product of two square matrices in the same round, of
some sizes, by both of torch's libraries: that of `torch.mm`, and oneDNN, which also computes
convolutions. On some processors one of them is twice as fast as the other, and a peak by `torch.mm`
alone would give models with convolutions a share above 1.

A preset's FLOPs are those that its plain form needs, by `rpbind.recipe.arithmetic`, so a fast form
that computes less can have a share above 1. Random windows in the shape of eclip91, with each
preset's own vectors. Peak and presets take turns; cells have the median of the rounds, and their
range in brackets.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import typer
from model_speed import PROTEINS, random_inputs
from pages import Page, spread
from speed import rate, step_of

from rpbind.recipe.arithmetic import TRAINED, Shape, flops
from rpbind.recipe.presets import PRESETS
from rpbind.train.inputs import Inputs

SIZES, REPEATS = (512, 1024, 2048), 3
"""Rows and columns of the matrices, and how often they are multiplied in a round."""
VECTORS = {"physchem": 10, "triad": 343}
"""Width of the vectors of the presets."""
ROWS = {
    "old-32": ("old", 32, None),
    "fixed-32": ("fixed", 32, 1.0),
    "fixed-256": ("fixed", 256, 1.0),
    "conv-residue-256": ("conv-residue", 256, 0.35),
    "own-head-512": ("own-head", 512, 0.6),
}
"""Row -> preset, batch size, aim."""


def peaks_of_libraries() -> tuple[float, float]:
    """Return the most FLOPs per CPU second of a float32 product: by `torch.mm`, and by oneDNN."""
    best = [0.0, 0.0]
    for size in SIZES:
        one, other = torch.randn(size, size), torch.randn(size, size)
        pairs: Any = (torch.mm, one, other), (F.linear, one.to_mkldnn(), other.to_mkldnn())
        for place, (product, *given) in enumerate(pairs):
            product(*given)
            for _ in range(REPEATS):
                began = time.process_time()
                product(*given)
                spent = time.process_time() - began
                best[place] = max(best[place], 2 * size**3 / spent)
    return best[0], best[1]


def flops_of_a_window(name: str, batch: int, inputs: Inputs) -> float:
    """Return the FLOPs of one window in a training step of a preset's plain form."""
    residues = float(inputs.length_P.double().mean())
    shape = Shape(inputs.length, inputs.width, residues, PROTEINS)
    forward = flops(PRESETS[name].model, shape, batch)
    assert forward is not None  # a preset has no classes of the user's own
    return TRAINED * forward


def main(rounds: int = 5, out: Path | None = None) -> None:
    """Print the page."""
    page = Page("Share of the float32 matrix peak", out)
    torch.set_num_threads(1)
    inputs = {width: random_inputs(width) for width in VECTORS.values()}
    steps, each = {}, {}
    for row, (name, batch, _) in ROWS.items():
        mine = inputs[VECTORS[PRESETS[name].proteins]]
        steps[row] = step_of(PRESETS[name].with_({"train.batch_size": batch}), mine)
        steps[row]()  # once for what only the first step does
        each[row] = flops_of_a_window(name, batch, mine)
    turns: list[tuple[float, float]] = []
    rates: dict[str, list[float]] = {row: [] for row in ROWS}
    for _ in range(rounds):
        turns.append(peaks_of_libraries())
        for row, (_, batch, _) in ROWS.items():
            rates[row].append(rate(steps[row], batch))
    by_mm, by_onednn = ([peak / 1e9 for peak in found] for found in zip(*turns, strict=True))
    page.add(
        "", f"One thread, {rounds} rounds. GFLOPs per CPU second of a product of two matrices:"
    )
    page.add(f"{spread(by_mm, '.0f')} by `torch.mm`, {spread(by_onednn, '.0f')} by oneDNN.")
    peaks = np.max(turns, 1)
    page.table("row", "windows per CPU second", "MFLOPs of a window", "share of the peak", "aim")
    for row, (_, _, aim) in ROWS.items():
        shares = np.array(rates[row]) * each[row] / peaks
        cells = [spread(rates[row], ",.0f"), f"{each[row] / 1e6:.0f}", spread(list(shares))]
        page.row(f"`{row}`", *cells, "-" if aim is None else f"{aim:g}")


if __name__ == "__main__":
    typer.run(main)
