"""Windows of different lengths in one batch are read as each of them alone, without padding."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor
from toy_models import SMALL_FIXED, WIDTH, group, proteins, settled, windows

from rpbind.data import alphabet
from rpbind.model.attention import uniform_attention
from rpbind.model.binding import BindingModel
from rpbind.model.network import network
from rpbind.model.padding import PAD, N, WindowNorm

LENGTHS = (41, 20, 27, 41, 23, 34)
CHAINS = proteins(12, 5)
PROTEINS = [0, 1, 1, 0, 1, 0]
ENCODERS: dict[str, dict[str, Any]] = {
    "token": {"kind": "token", "dim": 8},
    "conv": {"kind": "conv", "dim": 8, "layers": 3, "kernel": 5, "pool": 4},
    "early": {"kind": "conv", "dim": 8, "layers": 3, "kernel": 5, "pool": 4, "pool_after": "first"},
    "dilated": {"kind": "conv", "dim": 8, "layers": 3, "kernel": 3, "dilation": 3},
    "self": {"kind": "self-attention", "dim": 8, "heads": 2, "pool": 4},
}
MEMORIES: dict[str, Any] = {
    "pooled": "pooled",
    "expanded": "expanded",
    "residue": "residue",
    "segment": {"kind": "segment", "segments": 3},
    "none": "none",
}
EXTRAS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no block": {"feed_forward": None, "own_head": True, "normalised": False},
    "both ways": {"attention.both_ways": True, "film": True},
}
CASES = [
    (*case, list(EXTRAS)[number % 2 if case[1] == "none" else number % 3])
    for number, case in enumerate(product(ENCODERS, MEMORIES, ["mean", "mean-max"]))
]
"""Every encoder with every memory and readout; one of the rest in turn."""


def padded() -> Tensor:
    """Windows of `LENGTHS`, padded to the longest."""
    rna_BL = windows(len(LENGTHS))[:, : max(LENGTHS)]
    for row, length in enumerate(LENGTHS):
        rna_BL[row, length:] = PAD
    return rna_BL


def built(**changes: Any) -> BindingModel:
    """A small model of windows that differ in length; nothing in it starts at zero."""
    recipe = SMALL_FIXED.with_({f"model.{key}": value for key, value in changes.items()})
    torch.manual_seed(0)
    made = network(recipe.model, width=WIDTH, length=max(LENGTHS), varying=True).double().eval()
    assert isinstance(made, BindingModel)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if name.startswith("own.") or name.endswith("position"):
                weight.copy_(torch.randn(weight.shape) / 4)
    return settled(made)


def together(made: BindingModel) -> Tensor:
    """Logits of all windows as one padded batch."""
    return made(padded(), [group(CHAINS, PROTEINS)])


def alone(made: BindingModel) -> Tensor:
    """Logits of each window by itself, without padding, by the model of windows of one length."""
    made.varying = False
    each = [
        made(rna_L[None, :length], [group([CHAINS[protein]], [0])])
        for rna_L, length, protein in zip(padded(), LENGTHS, PROTEINS, strict=True)
    ]
    made.varying = True
    return torch.cat(each)


def gradients(made: BindingModel, logit_B: Tensor) -> list[Tensor]:
    """Gradients of one loss of all windows, by parameter."""
    made.zero_grad()
    (logit_B * torch.arange(1, len(logit_B) + 1)).sum().backward()
    return [w.grad.clone() for w in made.parameters() if w.grad is not None]


@pytest.mark.parametrize(("encoder", "memory", "readout", "extra"), CASES)
def test_padding_changes_neither_score_nor_gradient(
    encoder: str, memory: str, readout: str, extra: str
) -> None:
    changes = {"encoder": ENCODERS[encoder], "memory": MEMORIES[memory], "readout": readout}
    made = built(**changes, **EXTRAS[extra])
    here, there = together(made), alone(made)
    assert (here - there).abs().max() < 1e-12
    mine, theirs = gradients(made, here), gradients(made, there)
    assert len(mine) == len(theirs) > 5
    size = max(grad.abs().max() for grad in theirs)
    assert all((a - b).abs().max() < 1e-12 * size for a, b in zip(mine, theirs, strict=True))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_padding_changes_no_score_in_single_precision(encoder: str) -> None:
    made = built(encoder=ENCODERS[encoder], memory="residue", readout="mean-max").float()
    chains = [chain.float() for chain in CHAINS]
    with torch.no_grad():
        here = made(padded(), [group(chains, PROTEINS)])
        each = [
            made(rna_L[None, :length], [group([chains[protein]], [0])])
            for rna_L, length, protein in zip(padded(), LENGTHS, PROTEINS, strict=True)
        ]
    assert (here - torch.cat(each)).abs().max() < 1e-6 * here.abs().max().clamp(min=1)


@pytest.mark.parametrize("extra", ["plain", "both ways"])
def test_uniform_attention_of_a_padded_window_is_that_of_the_window_alone(extra: str) -> None:
    made = built(encoder=ENCODERS["conv"], memory="residue", **EXTRAS[extra])
    with uniform_attention(made), torch.no_grad():
        uniform = together(made)
        assert (uniform - alone(made)).abs().max() < 1e-12
    assert (uniform - together(made)).abs().max() > 1e-6


def test_attention_weights_of_real_positions_are_those_of_the_window_alone() -> None:
    made = built(encoder=ENCODERS["conv"], memory="residue")
    batch = [group(CHAINS, PROTEINS)]
    real_BQ = made.encode(padded(), batch)[1]
    assert real_BQ is not None
    assert real_BQ.sum(1).tolist() == [11, 5, 7, 11, 6, 9]
    weights_BHQS = made.attention(padded(), batch)[0]
    for row, length in enumerate(LENGTHS):
        own = group([CHAINS[PROTEINS[row]]], [0])
        (own_1HQS,) = made.attention(padded()[row : row + 1, :length], [own])
        mine_HQS = weights_BHQS[row][:, real_BQ[row], : own_1HQS.shape[3]]
        assert (mine_HQS - own_1HQS[0]).abs().max() < 1e-12


def test_batch_norm_in_training_counts_letters_and_no_padding() -> None:
    stream = torch.Generator().manual_seed(0)
    parts = [torch.randn(1, 4, 1, n, generator=stream, dtype=torch.float64) for n in (9, 3, 6)]
    x_BC1L = torch.full((3, 4, 1, 9), 1e3, dtype=torch.float64)
    real_BL = torch.zeros(3, 9, dtype=torch.bool)
    for row, part in enumerate(parts):
        x_BC1L[row, :, :, : part.shape[3]] = part[0]
        real_BL[row, : part.shape[3]] = True
    norm, plain = WindowNorm(4).double(), torch.nn.BatchNorm2d(4).double()
    here, there = norm(x_BC1L, real_BL), plain(torch.cat(parts, 3))
    letters = torch.cat([here[row, :, 0, : p.shape[3]] for row, p in enumerate(parts)], 1)
    assert (letters - there[0, :, 0]).abs().max() < 1e-12
    assert here.movedim(1, 3)[~real_BL[:, None]].abs().max() == 0
    assert (norm.running_mean - plain.running_mean).abs().max() < 1e-12
    assert (norm.running_var - plain.running_var).abs().max() < 1e-12


def test_a_training_step_reads_no_padding() -> None:
    """More padding changes no gradient, although batch norm now counts the batch itself."""
    made = built(encoder=ENCODERS["conv"], memory="residue", **EXTRAS["both ways"])
    made.train()
    for module in made.modules():
        if type(module).__name__ == "Dropout":
            module.eval()
    batch = [group(CHAINS, PROTEINS)]
    short_BL = padded()
    short_BL[[0, 3], 36:] = PAD
    wide = gradients(made, made(short_BL, batch))
    narrow = gradients(made, made(short_BL[:, :36], batch))
    size = max(grad.abs().max() for grad in narrow)
    assert all((a - b).abs().max() < 1e-12 * size for a, b in zip(wide, narrow, strict=True))


def test_a_fixed_length_batch_scores_the_same_with_and_without_a_mask() -> None:
    made = built(encoder=ENCODERS["early"], memory="residue", readout="mean-max")
    batch = [group(CHAINS, PROTEINS)]
    with torch.no_grad():
        rna_BL = windows(6)[:, : max(LENGTHS)]
        masked = made(rna_BL, batch)
        made.varying = False
        assert (made(rna_BL, batch) - masked).abs().max() < 1e-12


def test_model_and_data_agree_on_the_token_of_padding() -> None:
    assert (N, PAD) == (alphabet.N_TOKEN, alphabet.PAD)
