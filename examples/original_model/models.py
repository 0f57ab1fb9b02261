"""The two models of the original project, as its authors would bring them: one file of torch.

`Old` learnt nothing; `Fixed` is the same model after its fix. Both are written from the published
figures of the project (github.com/1AMZORRO/RPBP, commits 3e9b615, f016c42 and 6187b00), without
any code of rpbind. The layers have the names that rpbind's own presets give them. So rpbind
draws the same initial values and dropout masks for both, and a study can show that file and preset
are one model.

Shapes: B windows, L nucleotides, P distinct proteins of the batch, W protein vector width, C
encoder width, E attention width, H heads, S keys.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LETTERS = 5  # A C G U N


class Letters(nn.Module):
    """One-hot letters through one linear layer; nothing mixes positions."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(LETTERS, dim)

    def forward(self, rna_BL: Tensor) -> Tensor:
        return self.project(F.one_hot(rna_BL, LETTERS).to(self.project.weight.dtype))


class OneToken(nn.Module):
    """The protein vector as the only key and value."""

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.key, self.value = nn.Linear(width, dim), nn.Linear(width, dim)

    def forward(self, protein_PW: Tensor) -> tuple[Tensor, Tensor]:
        token_P1W = protein_PW.unsqueeze(1)
        return self.key(token_P1W), self.value(token_P1W)


class ManyTokens(nn.Module):
    """The protein vector copied to as many tokens as the window has letters.

    A learned position is added to the keys, and not to the values: so all values are equal.
    """

    def __init__(self, width: int, dim: int, length: int) -> None:
        super().__init__()
        self.key, self.value = nn.Linear(width, dim), nn.Linear(width, dim)
        self.position = nn.Parameter(torch.randn(length, dim) * 0.02)
        self.length = length

    def forward(self, protein_PW: Tensor) -> tuple[Tensor, Tensor]:
        token_P1W = protein_PW.unsqueeze(1)
        key_PSE = self.key(token_P1W).expand(-1, self.length, -1) + self.position
        return key_PSE, self.value(token_P1W).expand(-1, self.length, -1)


class Attention(nn.Module):
    """Multi-head cross-attention from the RNA positions to the protein tokens."""

    def __init__(self, rna_dim: int, dim: int, heads: int, *, temperature: bool) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.output = nn.Linear(rna_dim, dim), nn.Linear(dim, dim)
        self.temperature = nn.Parameter(torch.ones(1)) if temperature else None
        self.weight_dropout, self.output_dropout = nn.Dropout(0.1), nn.Dropout(0.1)

    def forward(self, rna_BLC: Tensor, key_BSE: Tensor, value_BSE: Tensor) -> Tensor:
        query_BLE = self.query(rna_BLC)
        query_BHLD = self._by_head(query_BLE) / math.sqrt(query_BLE.shape[2] / self.heads)
        if self.temperature is not None:
            query_BHLD = query_BHLD / self.temperature.clamp(min=0.1)
        score_BHLS = query_BHLD @ self._by_head(key_BSE).transpose(-1, -2)
        weight_BHLS = self.weight_dropout(torch.softmax(score_BHLS, dim=-1))
        mixed_BLE = (weight_BHLS @ self._by_head(value_BSE)).transpose(1, 2).flatten(2)
        return self.output_dropout(self.output(mixed_BLE))

    def _by_head(self, x_BSE: Tensor) -> Tensor:
        return x_BSE.unflatten(2, (self.heads, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """Linear, ReLU, dropout, linear, dropout; added to its input, then LayerNorm."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.dropout, self.output_dropout = nn.Dropout(0.1), nn.Dropout(0.1)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x_BLE: Tensor) -> Tensor:
        step_BLE = self.narrow(self.dropout(torch.relu(self.wide(x_BLE))))
        return self.norm(x_BLE + self.output_dropout(step_BLE))


def classifier(dim: int, hidden: list[int], dropout: float) -> nn.Sequential:
    """[Linear, ReLU, dropout, batch norm] for each hidden size, then one logit."""
    layers: list[nn.Module] = []
    for size in hidden:
        layers += [nn.Linear(dim, size), nn.ReLU(), nn.Dropout(dropout), nn.BatchNorm1d(size)]
        dim = size
    return nn.Sequential(*layers, nn.Linear(dim, 1))


class Old(nn.Module):
    """The model that learnt nothing: one protein token, and no way around the attention."""

    reads = "proteins"

    def __init__(
        self,
        width: int,
        rna_dim: int = 128,
        dim: int = 256,
        heads: int = 8,
        hidden: list[int] = [512, 256, 128],  # noqa: B006 - rpbind passes a new list
    ) -> None:
        super().__init__()
        self.encoder = Letters(rna_dim)
        self.memory = OneToken(width, dim)
        self.attend = Attention(rna_dim, dim, heads, temperature=False)
        self.norm = nn.LayerNorm(dim)
        self.head = classifier(dim, hidden, 0.3)

    def forward(self, rna_BL: Tensor, mean_PW: Tensor, protein_B: Tensor) -> Tensor:
        tokens_BSE = (each.index_select(0, protein_B) for each in self.memory(mean_PW))
        attended_BLE = self.attend(self.encoder(rna_BL), *tokens_BSE)
        return self.head(self.norm(attended_BLE).mean(1)).squeeze(1)


class Fixed(nn.Module):
    """The model after its fix: many tokens, temperature, residual and feed-forward block."""

    reads = "proteins"

    def __init__(
        self,
        width: int,
        length: int,
        rna_dim: int = 128,
        dim: int = 256,
        heads: int = 8,
        feed_forward: int = 512,
        hidden: list[int] = [256, 128],  # noqa: B006 - rpbind passes a new list
    ) -> None:
        super().__init__()
        self.encoder = Letters(rna_dim)
        self.memory = ManyTokens(width, dim, length)
        self.attend = Attention(rna_dim, dim, heads, temperature=True)
        self.bypass = nn.Linear(rna_dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.feed_forward = FeedForward(dim, feed_forward)
        self.head = classifier(dim, hidden, 0.2)

    def forward(self, rna_BL: Tensor, mean_PW: Tensor, protein_B: Tensor) -> Tensor:
        rna_BLC = self.encoder(rna_BL)
        tokens_BSE = (each.index_select(0, protein_B) for each in self.memory(mean_PW))
        attended_BLE = self.attend(rna_BLC, *tokens_BSE)
        mixed_BLE = self.norm(attended_BLE + self.bypass(rna_BLC))
        return self.head(self.feed_forward(mixed_BLE).mean(1)).squeeze(1)
