"""How much longer a training step takes with one key per residue than with one per protein.

    python benchmarks/residue.py --out benchmarks/residue.md

`conv-residue`, and the same recipe with a `pooled` memory, on one thread. Random windows in the
shape of eclip91 (91 proteins with a mean of about 700 residues). Both take turns; cells have the
median of the rounds, and their range in brackets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import typer
from model_speed import random_inputs
from pages import Page, spread
from speed import rate, step_of

from rpbind.recipe.presets import CONV_RESIDUE

AIM = 1.5
BATCHES = (32, 256)


def main(rounds: int = 5, out: Path | None = None) -> None:
    """Print the page."""
    page = Page("One key per residue against one per protein", out)
    torch.set_num_threads(1)
    inputs = random_inputs()
    residues = float(inputs.length_P.double().mean())
    page.add(
        "", f"One thread, {rounds} rounds. The proteins have a mean of {residues:.0f} residues."
    )
    page.table(
        "batch", "residue, CPU ms a step", "pooled, CPU ms a step", "residue / pooled", "aim"
    )
    for batch in BATCHES:
        recipe = CONV_RESIDUE.with_({"train.batch_size": batch})
        steps = [
            step_of(each, inputs) for each in (recipe, recipe.with_({"model.memory": "pooled"}))
        ]
        for step in steps:
            step()  # once for what only the first step does
        turns = np.array([[batch / rate(step, batch) for step in steps] for _ in range(rounds)])
        cells = [spread(list(times), ".1f") for times in 1e3 * turns.T]
        page.row(str(batch), *cells, spread(list(turns[:, 0] / turns[:, 1])), f"{AIM:g}")


if __name__ == "__main__":
    typer.run(main)
