"""A user's file with an encoder, a memory and two whole models, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE

FILE = '''
import torch
import torch.nn.functional as F
from torch import nn


class GRUEncoder(nn.Module):
    def __init__(self, dim: int = 8, layers: int = 1):
        super().__init__()
        self.gru = nn.GRU(5, dim // 2, layers, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.1)
        self.dim = dim

    def forward(self, rna):
        return self.drop(self.gru(F.one_hot(rna, 5).float())[0])


class Thirds(nn.Module):
    """One key per third of the protein."""

    reads = "residues"

    def __init__(self, width, dim):
        super().__init__()
        self.key = nn.Linear(width, dim)
        self.value = nn.Linear(width, dim)

    def forward(self, residues, real):
        size = real.sum(1, keepdim=True)
        place = torch.arange(real.shape[1], device=real.device) * 3 // size
        parts = [((place == i) & real).unsqueeze(2).float() for i in range(3)]
        means = torch.stack([(residues * p).sum(1) / p.sum(1).clamp(min=1) for p in parts], 1)
        return self.key(means), self.value(means)


class Whole(nn.Module):
    """Mean letters times mean protein vector, through a perceptron."""

    reads = "mean"

    def __init__(self, width: int, length: int, hidden: int = 16, dropout: float = 0.0):
        super().__init__()
        self.rna = nn.Conv1d(5, hidden, 7, padding=3)
        self.protein = nn.Linear(width, hidden)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, 1)

    def forward(self, rna, protein):
        seen = self.rna(F.one_hot(rna, 5).float().transpose(1, 2)).amax(2)
        return self.head(self.drop(torch.relu(seen) * torch.sigmoid(self.protein(protein))))[:, 0]


class Pooling(nn.Module):
    """A whole model of residues, whose padding must not count."""

    reads = "residues"

    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(5, width))

    def forward(self, rna, residues, real):
        counts = F.one_hot(rna, 5).float().mean(1)
        share = real.float() / real.sum(1, keepdim=True)
        return ((counts @ self.scale) * torch.einsum("bs,bsw->bw", share, residues)).sum(1)


class Blind(nn.Module):
    """Ignores the protein."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(5, 1)

    def forward(self, rna, mean):
        return self.head(F.one_hot(rna, 5).float().mean(1))[:, 0]
'''

SMALL = narrowed(CONV_RESIDUE, 8).with_(
    {"train.batch_size": 16, "train.epochs": 3, "train.schedule": "constant"}
)


def write(folder: Path, text: str = FILE) -> Path:
    """Write the user's file."""
    file = folder / "my_parts.py"
    file.write_text(text)
    return file


def custom(file: Path, name: str, **options: Any) -> dict[str, Any]:
    """Return the value of a slot that takes a class of the file."""
    return {"kind": "custom", "class": f"{file}:{name}", "options": options}


def recipes(file: Path) -> dict[str, Recipe]:
    """Return a recipe with each kind of own class."""
    return {
        "encoder": SMALL.with_({"model.encoder": custom(file, "GRUEncoder")}),
        "memory": SMALL.with_({"model.memory": custom(file, "Thirds")}),
        "model": SMALL.with_({"model": custom(file, "Whole", dropout=0.2)}),
        "residues": SMALL.with_({"model": custom(file, "Pooling")}),
    }
