"""The original project's training pipeline, transcribed from its published figures.

    python benchmarks/original_pipeline.py fixed 32 12

Prints the windows per CPU second of a preset, with a batch size and a number of steps, on one
thread, after one step that is not counted. It is a process of its own, because rpbind changes how
its process allocates memory.

Windows are strings in a `Dataset`. Each example is encoded when it is taken, with its own copy of
its protein's vector, and `DataLoader` collates a batch. The models are those of
`examples/original_model`, with torch's own dropout; a batch has one vector per example. Before
`fixed` projects it to keys and values, it copies it to as many tokens as the window has letters.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import typer
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

MODELS = Path(__file__).parents[1] / "examples" / "original_model" / "models.py"
TOKEN = {"A": 0, "C": 1, "G": 2, "U": 3, "T": 3, "N": 4}
LENGTH, PROTEINS, WIDTH = 101, 91, 1280
CLIP = {"old": math.inf, "fixed": 1.0}
LR = {"old": (1e-3, 1e-4), "fixed": (3e-3, 1e-5)}
"""Learning rate and weight decay."""


class Pairs(Dataset[tuple[Tensor, Tensor, float]]):
    """One example per window: tokens, its protein's vector, and its label."""

    def __init__(self, windows: list[str], proteins: list[str], label_N: list[int]) -> None:
        self.windows, self.proteins, self.label_N = windows, proteins, label_N
        self.vectors: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor, float]:
        tokens = torch.tensor([TOKEN[letter] for letter in self.windows[place]], dtype=torch.long)
        return tokens, self.vectors[self.proteins[place]], float(self.label_N[place])


class CopiedFirst(nn.Module):
    """The memory of `fixed` as the original computes it: the vector is copied, then projected."""

    def __init__(self, memory: Any) -> None:
        super().__init__()
        self.key, self.value, self.position = memory.key, memory.value, memory.position

    def forward(self, protein_BW: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values (B, S, E)."""
        token_BSW = protein_BW.unsqueeze(1).expand(-1, len(self.position), -1)
        return self.key(token_BSW) + self.position, self.value(token_BSW)


class Pipeline:
    """A model and its optimizer; `train` makes steps over a shuffled `DataLoader`."""

    def __init__(self, name: str, width: int, length: int, batch_size: int, pairs: Pairs) -> None:
        given: Any = {"length": length} if name == "fixed" else {}
        self.model: Any = getattr(_models(), name.capitalize())(width=width, **given).train()
        if name == "fixed":
            self.model.memory = CopiedFirst(self.model.memory)
        lr, decay = LR[name]
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr, weight_decay=decay)
        self.clip = CLIP[name]
        self.loader = DataLoader(pairs, batch_size=batch_size, shuffle=True, collate_fn=_collate)
        self.batches = self._endless()

    def step(self) -> None:
        """Make one gradient step."""
        rna_BL, protein_BW, label_B = next(self.batches)
        self.optimizer.zero_grad()
        logit_B = self.model(rna_BL, protein_BW, torch.arange(len(rna_BL)))
        nn.functional.binary_cross_entropy_with_logits(logit_B, label_B).backward()
        if math.isfinite(self.clip):
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()

    def _endless(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        while True:
            yield from self.loader


def random_pairs(count: int, length: int, proteins: int, width: int) -> Pairs:
    """Random windows, labels and protein vectors."""
    rng = np.random.default_rng(0)
    windows = ["".join(row) for row in rng.choice(list("ACGU"), (count, length))]
    names = [f"P{n}" for n in range(proteins)]
    pairs = Pairs(windows, list(rng.choice(names, count)), rng.integers(0, 2, count).tolist())
    pairs.vectors = {name: torch.randn(width) for name in names}
    return pairs


def main(name: str, batch_size: int, steps: int) -> None:
    """Print the windows per CPU second."""
    torch.set_num_threads(1)
    pairs = random_pairs(4096, LENGTH, PROTEINS, WIDTH)
    pipeline = Pipeline(name, WIDTH, LENGTH, batch_size, pairs)
    pipeline.step()
    began = time.process_time()
    for _ in range(steps):
        pipeline.step()
    print(steps * batch_size / (time.process_time() - began))


def _collate(examples: list[tuple[Tensor, Tensor, float]]) -> tuple[Tensor, Tensor, Tensor]:
    rna, proteins, labels = zip(*examples, strict=True)
    return torch.stack(rna), torch.stack(proteins), torch.tensor(labels)


def _models() -> Any:
    spec = importlib.util.spec_from_file_location("original_models", MODELS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    typer.run(main)
