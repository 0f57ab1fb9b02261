"""Whether oneDNN multiplies the model's linear layers faster than torch's own library here.

    python benchmarks/linear.py --out benchmarks/linear.md

A layer forward, and with its gradients, by `torch.nn.functional.linear` and by
`rpbind.model.linear`, on one thread. Both take turns; cells have the median of the rounds, and
their range in brackets. `FEWEST_PRODUCTS` stands between the rows that gain little or nothing and
those that gain much.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
import typer
from pages import Page, spread
from torch import Tensor, nn
from torch.nn.functional import linear

from rpbind.model.linear import FEWEST_PRODUCTS, OneDnn, is_faster_here

SHAPES = (
    (32, 320, 128),
    (256, 128, 64),
    (256, 320, 128),
    (3232, 64, 64),
    (256, 1024, 256),
    (3232, 320, 320),
    (25856, 64, 64),
    (25856, 128, 128),
    (25856, 320, 320),
)
"""Rows, inputs, outputs."""
PRODUCTS = 2**29
"""Multiplications for which a layer is repeated in a round."""


def seconds(layer: nn.Linear, x: Tensor, by_onednn: bool, gradients: bool, times: int) -> float:
    """Return the CPU seconds of one call."""
    began = time.process_time()
    for _ in range(times):
        with torch.set_grad_enabled(gradients):
            if by_onednn:
                out = OneDnn.apply(x, layer.weight, layer.bias)  # type: ignore[no-untyped-call]
            else:
                out = linear(x, layer.weight, layer.bias)
        if gradients:
            out.backward(torch.ones_like(out))
    return (time.process_time() - began) / times


def main(rounds: int = 7, out: Path | None = None) -> None:
    """Print the page."""
    page = Page("Linear layers by oneDNN", out)
    torch.set_num_threads(1)
    chosen = "is" if is_faster_here() else "is not"
    page.add("", f"One thread, {rounds} rounds. On this processor oneDNN {chosen} used,")
    page.add(f"for layers with at least {FEWEST_PRODUCTS:,} multiplications.")
    page.table(
        "rows, inputs, outputs", "multiplications", "torch / oneDNN, forward", "with gradients"
    )
    for rows, inputs, outputs in SHAPES:
        torch.manual_seed(0)
        layer, x = nn.Linear(inputs, outputs), torch.randn(rows, inputs, requires_grad=True)
        products = rows * inputs * outputs
        times = max(1, PRODUCTS // products)
        cells = []
        for gradients in (False, True):
            turns = np.array(
                [
                    [seconds(layer, x, which, gradients, times) for which in (False, True)]
                    for _ in range(rounds)
                ]
            )
            cells.append(spread(list(turns[:, 0] / turns[:, 1])))
        page.row(f"{rows:,}, {inputs}, {outputs}", f"{products / 1e6:,.1f} M", *cells)


if __name__ == "__main__":
    typer.run(main)
