"""The hyperparameters of the model, slot by slot."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rpbind.recipe.base import Count, Fraction, Hyperparameters, Layers, MultiHead, Positive

MAX_TAP_DISTANCE = 65_536
"""Nucleotides between two taps of a dilated convolution."""


class RnaEncoder(Hyperparameters):
    """The hyperparameters of an RNA encoder: beside its own, each has a width `dim`."""

    @property
    def positions_per_query(self) -> int:
        """How many neighbouring positions of the window become one query vector."""
        return 1

    @abstractmethod
    def activations(self, length: int) -> int:
        """Return about how many numbers of one window are kept for the gradient.

        Parameters
        ----------
        length
            Window length L, in nucleotides.

        Returns
        -------
        int
            Rather too few than too many: models that cannot fit this machine's memory are refused.
        """


class TokenEncoder(RnaEncoder):
    """The seed's encoder: one-hot(5) -> Linear; nothing mixes positions: it sees no motif."""

    kind: Literal["token"] = "token"
    dim: Count = 128

    def activations(self, length: int) -> int:
        """Return the size of the output, (L, C)."""
        return length * self.dim


class ConvEncoder(RnaEncoder):
    """Residual 1-d convolutions: each position sees `1 + layers * (kernel - 1)` nucleotides.

    With `dilation` d, the taps of layer i are d^i apart: it sees further for the same compute.
    `pool` keeps the maximum of that many neighbouring positions (fewer queries, less compute):
    after the last layer, or after the first, so that the others see `pool` times as far for less.
    """

    kind: Literal["conv"] = "conv"
    dim: Count = 128
    layers: Layers = 2
    kernel: Count = 9
    dilation: Count = 1
    pool: Count = 1
    pool_after: Literal["first", "last"] = "last"
    dropout: Fraction = 0.1

    @model_validator(mode="after")
    def _kernel_has_a_centre(self) -> ConvEncoder:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, so that it has a centre; got {self.kernel}")
        return self

    @model_validator(mode="after")
    def _reach_is_bounded(self) -> ConvEncoder:
        apart = self.dilation ** (self.layers - 1)
        if apart > MAX_TAP_DISTANCE:
            raise ValueError(
                f"the taps of the last layer are dilation^(layers - 1) nt apart, which is at most "
                f"{MAX_TAP_DISTANCE}; got dilation {self.dilation} and layers {self.layers}"
            )
        return self

    @property
    def positions_per_query(self) -> int:
        """The width of the pooling."""
        return self.pool

    def activations(self, length: int) -> int:
        """Return the outputs of all layers; those after an early pooling are shorter."""
        later = math.ceil(length / self.pool) if self.pool_after == "first" else length
        return (length + (self.layers - 1) * later) * self.dim


class SelfAttentionEncoder(MultiHead, RnaEncoder):
    """A small transformer over the window: every position looks at every other one.

    `pool` keeps the maximum of that many neighbouring positions, after the last layer.
    """

    kind: Literal["self-attention"] = "self-attention"
    dim: Count = 64
    layers: Layers = 2
    heads: Count = 4
    pool: Count = 1
    dropout: Fraction = 0.1

    @property
    def positions_per_query(self) -> int:
        """The width of the pooling."""
        return self.pool

    def activations(self, length: int) -> int:
        """Return the outputs of all layers, and what each keeps within: about six times as much."""
        return 7 * self.layers * length * self.dim


class PooledMemory(Hyperparameters):
    """The seed's `old` memory: the mean protein vector as ONE key, so every weight is 1."""

    kind: Literal["pooled"] = "pooled"


class ExpandedMemory(Hyperparameters):
    """The seed's `fixed` memory: the mean vector copied to one key per RNA position.

    With `position`, a learned vector is added to each key (not to the values). All values are the
    same vector, so the attention is inert whatever its weights are.
    """

    kind: Literal["expanded"] = "expanded"
    position: bool = True


class ResidueMemory(Hyperparameters):
    """One key and value per residue of the protein, with a padding mask: attention can matter."""

    kind: Literal["residue"] = "residue"


class SegmentMemory(Hyperparameters):
    """The residues averaged over `segments` spans of equal length: few keys for long proteins.

    A protein that is shorter than that has one key per residue.
    """

    kind: Literal["segment"] = "segment"
    segments: Count = 32


class NoMemory(Hyperparameters):
    """No attention at all: the mean vector is projected and handed to the head beside the RNA."""

    kind: Literal["none"] = "none"


class TorchInit(Hyperparameters):
    """torch's default: uniform within 1/sqrt(fan_in), weights and biases."""

    kind: Literal["torch"] = "torch"


class XavierInit(Hyperparameters):
    """Xavier-uniform, biases 0; `attention_gain` is for query, key, value and output.

    The feed-forward block keeps torch's default, as in the original model.
    """

    kind: Literal["xavier"] = "xavier"
    gain: Positive = 1.0
    attention_gain: Positive = 0.5


class Attention(MultiHead):
    """Multi-head cross-attention: query = RNA, key and value = protein memory.

    With `both_ways`, the protein's keys also look at the RNA, and the mean of what they see goes to
    the head beside the mean over RNA positions.
    """

    dim: Count = 256
    heads: Count = 8
    dropout: Fraction = 0.1
    temperature: bool = False
    both_ways: bool = False


class FeedForward(Hyperparameters):
    """Linear-ReLU-Linear with a residual and LayerNorm after the attention.

    `dropout` acts behind the ReLU and behind the second Linear, as in the original model.
    """

    hidden: Count = 512
    dropout: Fraction = 0.1


class Classifier(Hyperparameters):
    """[Linear, ReLU, Dropout, BatchNorm] per hidden size, then Linear to one logit."""

    hidden: Annotated[tuple[Count, ...], Field(max_length=256)] = (512, 256, 128)
    dropout: Fraction = 0.3


Encoder = Annotated[TokenEncoder | ConvEncoder | SelfAttentionEncoder, Field(discriminator="kind")]
Memory = Annotated[
    PooledMemory | ExpandedMemory | ResidueMemory | SegmentMemory | NoMemory,
    Field(discriminator="kind"),
]
Init = Annotated[TorchInit | XavierInit, Field(discriminator="kind")]


class Model(Hyperparameters):
    """head(attend(encoder(rna), memory(protein))).

    With `film`, the protein's mean vector scales and shifts every channel of the encoded RNA. With
    `own_head`, every protein has a linear head of its own beside the classifier, over the same
    readout; its weights are linear in the protein's mean vector.
    `readout` is what the head reads of the positions: their mean, or beside it their maximum, in
    which one strong site is not thinned out by the length of the window. With `normalised`, as in
    the seed, every position is brought to one size (LayerNorm) before that.
    """

    encoder: Encoder = TokenEncoder()
    film: bool = False
    memory: Memory = PooledMemory()
    attention: Attention = Attention()
    residual: bool = False
    normalised: bool = True
    feed_forward: FeedForward | None = None
    readout: Literal["mean", "mean-max"] = "mean"
    own_head: bool = False
    classifier: Classifier = Classifier()
    init: Init = TorchInit()

    @model_validator(mode="after")
    def _rna_reaches_the_head(self) -> Model:
        if isinstance(self.memory, NoMemory) and not self.residual:
            raise ValueError(
                "memory 'none' has no attention, so the RNA reaches the head by the residual alone:"
                " set residual to true"
            )
        if isinstance(self.memory, NoMemory) and self.attention.both_ways:
            raise ValueError("memory 'none' has no attention that could go both ways")
        return self
