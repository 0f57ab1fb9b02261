"""Small models built from recipes, toy windows and proteins, and groups of them written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rpbind.model.binding import BindingModel
from rpbind.model.build import build_model
from rpbind.model.group import Group
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD

LENGTH, WIDTH = 101, 6
SMALL_OLD, SMALL_FIXED = narrowed(OLD, 8), narrowed(FIXED, 8)
CONV = {"kind": "conv", "dim": 16, "pool": 4}


def model(recipe: Recipe, seed: int = 0, **changes: Any) -> BindingModel:
    """Build a model in float64 in evaluation mode; `memory="residue"` sets `model.memory`."""
    config = recipe.with_({f"model.{key}": value for key, value in changes.items()}).model
    built = build_model(config, width=WIDTH, length=LENGTH, seed=seed).double().eval()
    return settled(built)


@torch.no_grad()
def settled(built: BindingModel) -> BindingModel:
    """Give batch norms running statistics other than 0 and 1, as training would."""
    for name, buffer in built.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.copy_(torch.linspace(0.1, 0.9, len(buffer)))
    return built


def windows(count: int, seed: int = 0) -> Tensor:
    """Random windows (count, LENGTH) of all five letters."""
    stream = torch.Generator().manual_seed(seed)
    return torch.randint(0, 5, (count, LENGTH), generator=stream, dtype=torch.uint8)


def proteins(*lengths: int, seed: int = 0) -> list[Tensor]:
    """Random proteins, each (residues, WIDTH) in float64."""
    stream = torch.Generator().manual_seed(seed)
    draws = [torch.randn(n, WIDTH, generator=stream, dtype=torch.float64) for n in lengths]
    return [draw + draw[0] for draw in draws]


def group(chains: list[Tensor], protein_B: list[int], rows_B: list[int] | None = None) -> Group:
    """Group windows `rows_B` of a batch (default: all in order) with proteins `protein_B`.

    The padding has large values, so a logit that reads it is far off.
    """
    longest = max(len(chain) for chain in chains)
    residues_PRW = torch.full((len(chains), longest, WIDTH), 1e3, dtype=chains[0].dtype)
    for place, chain in enumerate(chains):
        residues_PRW[place, : len(chain)] = chain
    return Group(
        rows_B=torch.tensor(rows_B or list(range(len(protein_B)))),
        protein_B=torch.tensor(protein_B),
        mean_PW=torch.stack([chain.mean(0) for chain in chains]),
        residues_PRW=residues_PRW,
        real_PR=torch.arange(longest) < torch.tensor([[len(chain)] for chain in chains]),
    )


@torch.no_grad()
def logits(built: BindingModel, rna_BL: Tensor, *groups: Group) -> Tensor:
    """Logits (B,) without gradients."""
    return built(rna_BL, groups)
