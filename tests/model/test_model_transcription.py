"""The original model before and after its fix, written independently in plain torch.

It scores one window at a time. Only the weights come from rpbind; the logits must be equal.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rpbind.model.binding import BindingModel
from rpbind.model.build import build_model
from rpbind.model.group import Group
from rpbind.recipe.presets import FIXED, OLD

HEADS, HEAD_DIM = 8, 32
Weights = dict[str, Tensor]


def linear(x: Tensor, w: Weights, name: str) -> Tensor:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def layer_norm(x: Tensor, w: Weights, name: str) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    sd = torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5)
    return centred / sd * w[f"{name}.weight"] + w[f"{name}.bias"]


def cross_attention(q: Tensor, k: Tensor, v: Tensor, temperature: float) -> Tensor:
    """Queries (L, 256), keys and values (S, 256); each head has 32 columns of its own."""
    attended = []
    for head in range(HEADS):
        own = slice(head * HEAD_DIM, (head + 1) * HEAD_DIM)
        scores = q[:, own] @ k[:, own].T / math.sqrt(HEAD_DIM) / temperature
        attended.append(torch.softmax(scores, dim=1) @ v[:, own])
    return torch.cat(attended, dim=1)


def classify(x: Tensor, w: Weights, hidden_layers: int) -> Tensor:
    """[Linear, ReLU, Dropout, BatchNorm] per hidden layer: modules 4n and 4n + 3 have weights."""
    for place in range(0, 4 * hidden_layers, 4):
        x = torch.relu(linear(x, w, f"head.{place}"))
        norm = f"head.{place + 3}"
        x = (x - w[f"{norm}.running_mean"]) / torch.sqrt(w[f"{norm}.running_var"] + 1e-5)
        x = x * w[f"{norm}.weight"] + w[f"{norm}.bias"]
    return linear(x, w, f"head.{4 * hidden_layers}")


def old(rna_L: Tensor, protein_W: Tensor, w: Weights) -> Tensor:
    rna = linear(F.one_hot(rna_L.long(), 5).double(), w, "encoder.project")
    token = protein_W[None, :]
    key, value = linear(token, w, "memory.key"), linear(token, w, "memory.value")
    attended = cross_attention(linear(rna, w, "attend.query"), key, value, 1.0)
    mixed = layer_norm(linear(attended, w, "attend.output"), w, "norm")
    return classify(mixed.mean(0), w, hidden_layers=3)


def fixed(rna_L: Tensor, protein_W: Tensor, w: Weights) -> Tensor:
    rna = linear(F.one_hot(rna_L.long(), 5).double(), w, "encoder.project")
    tokens = protein_W[None, :].repeat(101, 1)
    key = linear(tokens, w, "memory.key") + w["memory.position"]
    value = linear(tokens, w, "memory.value")
    temperature = max(w["attend.temperature"].item(), 0.1)
    attended = cross_attention(linear(rna, w, "attend.query"), key, value, temperature)
    mixed = layer_norm(linear(attended, w, "attend.output") + linear(rna, w, "bypass"), w, "norm")
    wide = torch.relu(linear(mixed, w, "feed_forward.wide"))
    mixed = layer_norm(mixed + linear(wide, w, "feed_forward.narrow"), w, "feed_forward.norm")
    return classify(mixed.mean(0), w, hidden_layers=2)


def move_off_neutral(built: BindingModel, temperature: float) -> Weights:
    """Move all weights and statistics off 0 and 1, so that omitting one changes the logits."""
    stream = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in built.state_dict().items():
            if value.is_floating_point():
                value.add_(0.1 * torch.rand(value.shape, generator=stream) - 0.05)
            if name == "attend.temperature":
                value.fill_(temperature)
    return {name: value.clone() for name, value in built.state_dict().items()}


@pytest.mark.parametrize("temperature", [0.7, 0.02])
def test_the_presets_compute_the_logits_of_the_original_model(temperature: float) -> None:
    """A temperature of 0.02 is read as 0.1."""
    stream = torch.Generator().manual_seed(1)
    rna_BL = torch.randint(0, 5, (6, 101), generator=stream, dtype=torch.uint8)
    protein_PW = torch.randn(2, 1280, generator=stream, dtype=torch.float64)
    whose = [0, 1, 1, 0, 1, 0]
    for recipe, written in ((OLD, old), (FIXED, fixed)):
        built = build_model(recipe.model, width=1280, length=101, seed=3).double().eval()
        w = move_off_neutral(built, temperature)
        batch = Group(torch.arange(6), torch.tensor(whose), protein_PW)
        ours = built(rna_BL, [batch]).detach()
        theirs = torch.cat(
            [written(r, protein_PW[p], w) for r, p in zip(rna_BL, whose, strict=True)]
        )
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
        assert ours.std() > 1e-4
