"""Whether three things that every study does have become slower, beside a plain form of each.

    python benchmarks/guard.py
    python benchmarks/guard.py --write

Prints the ratios and the committed ones; `--write` commits them, after a change for the better.
The plain form does about the same arithmetic with torch's layers or scikit-learn's AUROC. Both are
timed in interleaved rounds, on one thread, in CPU seconds. The ratio of the two best rounds
depends little on the machine or its load. `tests/test_guard.py` fails if a ratio is more than 1.5
times the one in `guard.json`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from model_speed import random_inputs
from sklearn.metrics import roc_auc_score
from torch import nn

from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED
from rpbind.statistics.ranking import rank_by_group
from rpbind.train.loop import Training

COMMITTED = Path(__file__).with_suffix(".json")
ROUNDS, BATCH, LENGTH, DIM = 7, 32, 101, 32
LIMIT = 1.5
"""How many times its committed value a ratio may be."""


@dataclass(frozen=True)
class Pair:
    """What is timed, and the plain form beside it."""

    ours: Callable[[], object]
    plain: Callable[[], object]

    def ratio(self, rounds: int = ROUNDS) -> float:
        """Return the CPU time of ours over that of the plain form, each the best of its rounds."""
        self.ours()
        self.plain()  # both once for what only the first call does
        times = [(seconds(self.ours), seconds(self.plain)) for _ in range(rounds)]
        ours, plain = (min(each) for each in zip(*times, strict=True))
        return ours / plain


def seconds(call: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    began = time.process_time()
    call()
    return time.process_time() - began


def auroc() -> tuple[Callable[[], object], Callable[[], object]]:
    """All proteins in one sort, and scikit-learn protein by protein."""
    rng = np.random.default_rng(0)
    protein_N = rng.integers(0, 91, 40_000)
    score_N, label_N = rng.normal(size=40_000), rng.integers(0, 2, 40_000).astype(np.uint8)

    def plain() -> list[float]:
        mine = [protein_N == protein for protein in range(91)]
        return [float(roc_auc_score(label_N[m], score_N[m])) for m in mine]

    return lambda: rank_by_group(label_N, score_N, protein_N), plain


def step_of(recipe: Recipe) -> Callable[[], object]:
    """Return a training step of a recipe, four times, on windows in the shape of eclip91."""
    inputs = random_inputs()
    few = replace(inputs, parts={**inputs.parts, "train": inputs.parts["train"][: 2 * BATCH]})
    training = Training(recipe.with_({"train.batch_size": BATCH, "train.epochs": 1}), 0, few)
    next(training.epochs())  # gives every layer its stream of random numbers
    training.model.train()
    index_B = inputs.parts["train"][:BATCH]
    return lambda: [training.step(index_B) for _ in range(4)]


def plain_step() -> Callable[[], object]:
    """Return a training step of torch's own layers: convolution, attention, feed-forward."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(DIM, 1, 2 * DIM, batch_first=True)
    model = nn.ModuleList([nn.Embedding(5, DIM), nn.Conv1d(DIM, DIM, 9, padding=4), layer])
    optimizer = torch.optim.Adam(model.parameters())
    rna_BL = torch.randint(0, 5, (BATCH, LENGTH))

    def step() -> None:
        embedding, conv, attend = model
        rna_BLD = conv(embedding(rna_BL).transpose(1, 2)).relu().transpose(1, 2)
        optimizer.zero_grad()
        attend(rna_BLD).square().mean().backward()
        optimizer.step()

    def steps() -> None:
        for _ in range(4):
            step()

    return steps


PAIRS: dict[str, Callable[[], Pair]] = {
    "AUROC per protein": lambda: Pair(*auroc()),
    "step of fixed": lambda: Pair(step_of(narrowed(FIXED, 8)), plain_step()),
    "step of conv-residue": lambda: Pair(step_of(narrowed(CONV_RESIDUE, 4)), plain_step()),
}


def ratio(name: str, rounds: int = ROUNDS) -> float:
    """Return a pair's CPU time of ours over that of the plain form, by the pair's name."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return PAIRS[name]().ratio(rounds)
    finally:
        torch.set_num_threads(threads)


def committed() -> dict[str, float]:
    """Return the ratios that were committed."""
    return dict(json.loads(COMMITTED.read_text()))


def main(write: Annotated[bool, typer.Option("--write")] = False) -> None:
    """Print the ratios; with `write`, commit them."""
    found = {name: ratio(name) for name in PAIRS}
    before = committed() if COMMITTED.exists() else {}
    for name, value in found.items():
        print(f"{name}: {value:.3f} (committed: {before.get(name, float('nan')):.3f})")
    if write:
        rounded = {name: round(value, 3) for name, value in found.items()}
        COMMITTED.write_text(json.dumps(rounded, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
