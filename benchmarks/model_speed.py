"""How fast the presets train on random windows, and what our dropout costs beside torch's.

    python benchmarks/model_speed.py [--device cuda]

Prints a Markdown table: training windows/s of each preset on one thread or one GPU (batches of its
own size, 91 proteins of about eclip91's mean length; the first of two epochs is not counted), then
one line with the ratio of the time that torch's dropout takes to that of ours on the CPU, for the
attention weights of one batch of `fixed`.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
import typer

from rpbind.data.dataset import Protein
from rpbind.recipe.presets import PRESETS
from rpbind.seeding.streams import Dropout, generator
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

WINDOWS, PROTEINS, WIDTH = 4096, 91, 10


def random_inputs(width: int = WIDTH, windows: int = WINDOWS) -> Inputs:
    """Random windows and proteins in the shape of eclip91; all windows are training windows."""
    rng, stream = np.random.default_rng(0), torch.Generator().manual_seed(0)
    length_P = torch.from_numpy(rng.gamma(4.0, 165.0, PROTEINS).astype(np.int64) + 60)
    offset_P = torch.cumsum(length_P, 0) - length_P
    residues_ND = torch.randn(int(length_P.sum()), width, generator=stream)
    index_N = torch.arange(windows)
    return Inputs(
        rna_NL=torch.from_numpy(rng.integers(0, 4, (windows, 101), dtype=np.uint8)),
        label_N=torch.from_numpy(rng.integers(0, 2, windows, dtype=np.uint8)),
        protein_N=torch.from_numpy(rng.integers(0, PROTEINS, windows, dtype=np.int32)),
        parts={"train": index_N, "validation": index_N[:256], "test": index_N[:256]},
        mean_PW=torch.randn(PROTEINS, width, generator=stream),
        residues_ND=residues_ND,
        offset_P=offset_P,
        length_P=length_P,
        proteins=tuple(Protein(f"P{n}", f"P{n}", "M", n) for n in range(PROTEINS)),
        provenance={},
    )


def seconds(call: Callable[[], object], repeats: int = 20) -> float:
    """Return the median seconds of a call."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def main(device: str = "cpu") -> None:
    """Print the table and the ratio."""
    inputs = random_inputs()
    print(f"| preset | parameters | windows/s, 1 {device} |\n|---|---|---|")
    for name, recipe in PRESETS.items():
        training = Training(recipe.with_({"train.epochs": 2}), 0, inputs, Machine(device=device))
        epochs = training.epochs()
        next(epochs)
        before = training.windows_seen, training.train_seconds
        next(epochs)
        parameters = sum(p.numel() for p in training.model.parameters())
        rate = (training.windows_seen - before[0]) / (training.train_seconds - before[1])
        print(f"| `{name}` | {parameters:,} | {rate:,.0f} |")
    weights_BHQS = torch.rand(32, 8, 101, 101)
    ours = Dropout(0.1)
    ours.stream = generator("cpu", 0)
    ratio = seconds(lambda: F.dropout(weights_BHQS, 0.1)) / seconds(lambda: ours(weights_BHQS))
    print(f"\ntorch's dropout takes {ratio:.1f} times as long as ours")


if __name__ == "__main__":
    typer.run(main)
