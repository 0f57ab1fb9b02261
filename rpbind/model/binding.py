"""The whole model: head(attend(encoder(rna), memory(protein))).

Shapes: B windows, L nucleotides, Q query positions, C encoder width, E attention width, H heads, S
keys, W protein vector width, F features that the head reads.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rpbind.model.attention import CrossAttention, ReverseAttention
from rpbind.model.blocks import FeedForwardBlock, Film, Head, OwnHead
from rpbind.model.custom import encoder_width
from rpbind.model.encoder import ENCODERS, Encoded
from rpbind.model.experiment import ExperimentShift, with_experiments
from rpbind.model.group import Group, Memory
from rpbind.model.memory import MEMORIES, NoKeys
from rpbind.model.padding import letters_and_mask, maximum, mean
from rpbind.model.pair_model import PairModel, in_batch_order, mean_vectors
from rpbind.recipe import model as fields
from rpbind.recipe.encoders import CustomEncoder
from rpbind.recipe.memories import CustomMemory, NoMemory


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
            Tokens (B, L): 0 to 4 for A C G U N; 5 for padding, if the model is `varying`.
        groups
            The proteins of the windows; every window is in exactly one group.

        Returns
        -------
        Tensor
            Logits (B,), in the order of `rna_BL`.
        """
        groups = with_experiments(self.experiment, groups)
        rna_BQC, real_BQ = self.encode(rna_BL, groups)
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
        read_BF = self._read(self._mix(terms), real_BQ)
        beside = self._beside(rna_BQC, real_BQ, memories, groups)
        return self._logit(torch.cat([read_BF, *beside], 1), groups)

    def encode(self, rna_BL: Tensor, groups: Sequence[Group]) -> Encoded:
        """Return the encoded RNA.

        Parameters
        ----------
        rna_BL
            Tokens (B, L).
        groups
            The proteins of the windows.

        Returns
        -------
        tuple
            The encoded RNA (B, Q, C), scaled and shifted by the protein if the recipe has `film`;
            and which positions are no padding (B, Q), None if all are.
        """
        letters_BL, real_BL = letters_and_mask(rna_BL) if self.varying else (rna_BL, None)
        rna_BQC, real_BQ = self.encoder(letters_BL, real_BL)
        if self.film is not None:
            rna_BQC = self.film(rna_BQC, mean_vectors(groups))
        return rna_BQC, real_BQ

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
            attention. Query positions that are padding have weights too, which nothing reads.
        """
        if self.attend is None:
            return []
        groups = with_experiments(self.experiment, groups)
        query_BQE = self.attend.query(self.encode(rna_BL, groups)[0])
        return [
            self.attend.weights(query_BQE[g.rows_B], self.memory(g), g.protein_B) for g in groups
        ]

    def _mix(self, terms: list[Tensor]) -> Tensor:
        """Add terms (B, Q, E), normalise them, and apply the feed-forward block."""
        mixed_BQE: Tensor = self.norm(sum(terms))
        return mixed_BQE if self.feed_forward is None else self.feed_forward(mixed_BQE)

    def _read(self, mixed_BQE: Tensor, real_BQ: Tensor | None) -> Tensor:
        """Return what the head reads of the RNA positions (B, F)."""
        if not self.reads_maximum:
            return mean(mixed_BQE, real_BQ)
        return torch.cat([mean(mixed_BQE, real_BQ), maximum(mixed_BQE, real_BQ)], 1)

    def _logit(self, read_BF: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the logits (B,) of what the head reads."""
        logit_B: Tensor = self.head(read_BF).squeeze(1)
        return logit_B if self.own is None else logit_B + self.own(read_BF, mean_vectors(groups))

    def _beside(
        self,
        rna_BQC: Tensor,
        real_BQ: Tensor | None,
        memories: Sequence[Memory],
        groups: Sequence[Group],
    ) -> list[Tensor]:
        """Return the features (B, E) that the head reads beside the RNA positions.

        These are the output of the reverse attention or, without attention, the protein's value.
        """
        if self.back is not None:
            real = [None if real_BQ is None else real_BQ[g.rows_B] for g in groups]
            attended = [
                self.back(rna_BQC[g.rows_B], memory, g.protein_B, real_BQ)
                for g, memory, real_BQ in zip(groups, memories, real, strict=True)
            ]
        elif isinstance(self.memory, NoKeys):
            attended = [m.values_PSE[g.protein_B, 0] for g, m in zip(groups, memories, strict=True)]
        else:
            return []
        return [in_batch_order(attended, groups)]
