"""The whole model: head(attend(encoder(rna), memory(protein))).

Shapes: B windows, L nucleotides, Q query positions, C encoder width, E attention width, H heads, S
keys, W protein vector width, F features that the head reads.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.model.attention import CrossAttention, ReverseAttention
from rpbind.model.custom import encoder_width
from rpbind.model.encoder import ENCODERS
from rpbind.model.experiment import ExperimentShift, with_experiments
from rpbind.model.group import Group, Memory
from rpbind.model.memory import MEMORIES, NoKeys
from rpbind.model.pair_model import PairModel, in_batch_order, mean_vectors
from rpbind.model.seeding import Dropout
from rpbind.recipe import model as fields
from rpbind.recipe.encoders import CustomEncoder
from rpbind.recipe.memories import CustomMemory, NoMemory


class FeedForwardBlock(nn.Module):
    """Linear-ReLU-Dropout-Linear-Dropout, added to its input, then LayerNorm."""

    def __init__(self, config: fields.FeedForward, dim: int) -> None:
        super().__init__()
        self.wide = nn.Linear(dim, config.hidden)
        self.narrow = nn.Linear(config.hidden, dim)
        self.dropout = Dropout(config.dropout)
        self.output_dropout = Dropout(config.dropout)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x_BQE: Tensor) -> Tensor:
        """Map (B, Q, E) to (B, Q, E)."""
        step_BQE = self.narrow(self.dropout(torch.relu(self.wide(x_BQE))))
        return self.norm(x_BQE + self.output_dropout(step_BQE))


class Head(nn.Sequential):
    """[Linear, ReLU, Dropout, BatchNorm] per hidden size, then Linear to one logit."""

    def __init__(self, config: fields.Classifier, dim: int) -> None:
        widths = [dim, *config.hidden]
        blocks: list[nn.Module] = []
        for before, after in pairwise(widths):
            blocks += [
                nn.Linear(before, after),
                nn.ReLU(),
                Dropout(config.dropout),
                nn.BatchNorm1d(after),
            ]
        super().__init__(*blocks, nn.Linear(widths[-1], 1))


class Film(nn.Module):
    """Scale and shift every channel of the encoded RNA by the protein (Perez et al. 2018).

    The proteins' mean vectors lie close together, so they are standardised first. The ReLU at the
    end lets a protein switch a channel off, not only scale it down.
    """

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.apart = nn.BatchNorm1d(width, affine=False)
        self.wide = nn.Linear(width, 2 * dim)
        self.scale = nn.Linear(2 * dim, dim)
        self.shift = nn.Linear(2 * dim, dim)

    def forward(self, rna_BQC: Tensor, mean_BW: Tensor) -> Tensor:
        """Map (B, Q, C) to (B, Q, C), given the mean vector of each window's protein."""
        hidden_B1F = torch.relu(self.wide(self.apart(mean_BW))).unsqueeze(1)
        return torch.relu(rna_BQC * (1 + self.scale(hidden_B1F)) + self.shift(hidden_B1F))


class OwnHead(nn.Module):
    """A linear head per protein, whose weights are linear in its mean vector; they start at zero.

    Mean vectors are standardised and scaled to length 1, so different proteins are far apart. If
    they are linearly independent, each protein can have any head. Its output is added to the logit;
    multiplied into the classifier it would train slowly, because of the small weights there
    (`docs/log.md`).
    """

    def __init__(self, width: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.apart = nn.BatchNorm1d(width, affine=False)
        self.weights = nn.Linear(width, dim)
        self.level = nn.Linear(width, 1)
        self.dropout = Dropout(dropout)

    def forward(self, read_BF: Tensor, mean_BW: Tensor) -> Tensor:
        """Return the output of each window's own head (B,), to be added to its logit."""
        unit_BW = F.normalize(self.apart(mean_BW), dim=1)
        own_B = (self.dropout(read_BF) * self.weights(unit_BW)).sum(1)
        return own_B + self.level(unit_BW).squeeze(1)


class BindingModel(PairModel):
    """A cross-attention classifier of (RNA window, protein) pairs.

    This class draws its initial values from torch's global generator. Use `build_model` for a model
    with seeded initial values.

    Parameters
    ----------
    config
        The model part of a recipe.
    width
        Width W of the protein vectors.
    length
        Window length L, in nucleotides.
    """

    def __init__(self, config: fields.Model, *, width: int, length: int) -> None:
        super().__init__()
        dim = config.attention.dim
        self.encoder = ENCODERS[type(config.encoder)](config.encoder, length)
        if is_own := isinstance(config.encoder, CustomEncoder):
            rna_dim = encoder_width(self.encoder)
        else:
            rna_dim = config.encoder.dim
        self.experiment = ExperimentShift(config.experiment, width) if config.experiment else None
        self.film = Film(width, rna_dim) if config.film else None
        self.memory = MEMORIES[type(config.memory)](config.memory, width, dim, length)
        attends = not isinstance(config.memory, NoMemory)
        self.attend = CrossAttention(config.attention, rna_dim) if attends else None
        self.back = (
            ReverseAttention(config.attention, rna_dim) if config.attention.both_ways else None
        )
        self.bypass = nn.Linear(rna_dim, dim) if config.residual else None
        self.norm = nn.LayerNorm(dim) if config.normalised else nn.Identity()
        self.feed_forward = (
            FeedForwardBlock(config.feed_forward, dim) if config.feed_forward else None
        )
        self.reads_maximum = config.readout == "mean-max"
        beside = dim if self.back is not None or not attends else 0
        read = dim * (1 + self.reads_maximum) + beside
        self.head = Head(config.classifier, read)
        self.own = OwnHead(width, read, config.classifier.dropout) if config.own_head else None

        self.reads = self.memory.reads
        self.has_attention = self.attend is not None or self.back is not None
        slots = {"encoder.": is_own, "memory.": isinstance(config.memory, CustomMemory)}
        self.custom = tuple(slot for slot, own in slots.items() if own)
        """What the names of the user's own layers begin with."""

    def forward(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the logit of binding for each window.

        Parameters
        ----------
        rna_BL
            Tokens (B, L): 0 to 4 for A C G U N.
        groups
            The proteins of the windows; every window is in exactly one group.

        Returns
        -------
        Tensor
            Logits (B,), in the order of `rna_BL`.
        """
        groups = with_experiments(self.experiment, groups)
        rna_BQC = self.encode(rna_BL, groups)
        memories = [self.memory(group) for group in groups]
        terms = []
        if self.attend is not None:
            query_BQE = self.attend.query(rna_BQC)
            attended = [
                self.attend.context(query_BQE[g.rows_B], memory, g.protein_B)
                for g, memory in zip(groups, memories, strict=True)
            ]
            terms.append(self.attend.project(in_batch_order(attended, groups)))
        if self.bypass is not None:
            terms.append(self.bypass(rna_BQC))
        mixed_BQE = self.norm(sum(terms))
        if self.feed_forward is not None:
            mixed_BQE = self.feed_forward(mixed_BQE)
        read = [mixed_BQE.mean(1), mixed_BQE.amax(1)] if self.reads_maximum else [mixed_BQE.mean(1)]
        read_BF = torch.cat([*read, *self._beside(rna_BQC, memories, groups)], 1)
        logit_B = self.head(read_BF).squeeze(1)
        if self.own is not None:
            logit_B = logit_B + self.own(read_BF, mean_vectors(groups))
        return logit_B

    def encode(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the encoded RNA.

        Parameters
        ----------
        rna_BL
            Tokens (B, L).
        groups
            The proteins of the windows.

        Returns
        -------
        Tensor
            The encoded RNA (B, Q, C), scaled and shifted by the protein if the recipe has `film`.
        """
        rna_BQC = self.encoder(rna_BL)
        if self.film is None:
            return rna_BQC
        return self.film(rna_BQC, mean_vectors(groups))

    def attention(self, rna_BL: Tensor, groups: Sequence[Group]) -> list[Tensor]:
        """Return the attention weights of each group.

        Parameters
        ----------
        rna_BL
            Tokens (B, L).
        groups
            The proteins of the windows.

        Returns
        -------
        list of Tensor
            For each group, weights (windows of the group, H, Q, S); empty if the model has no
            attention.
        """
        if self.attend is None:
            return []
        groups = with_experiments(self.experiment, groups)
        query_BQE = self.attend.query(self.encode(rna_BL, groups))
        return [
            self.attend.weights(query_BQE[g.rows_B], self.memory(g), g.protein_B) for g in groups
        ]

    def _beside(
        self, rna_BQC: Tensor, memories: Sequence[Memory], groups: Sequence[Group]
    ) -> list[Tensor]:
        """Return the features (B, E) that the head reads beside the RNA positions.

        These are the output of the reverse attention or, without attention, the protein's value.
        """
        if self.back is not None:
            attended = [
                self.back(rna_BQC[g.rows_B], memory, g.protein_B)
                for g, memory in zip(groups, memories, strict=True)
            ]
        elif isinstance(self.memory, NoKeys):
            attended = [m.values_PSE[g.protein_B, 0] for g, m in zip(groups, memories, strict=True)]
        else:
            return []
        return [in_batch_order(attended, groups)]
