"""The hyperparameters of the RNA encoders: a window becomes one vector per query position."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rpbind.recipe.base import Count, Fraction, Hyperparameters, Layers, MultiHead
from rpbind.recipe.custom import CustomClass

MAX_TAP_DISTANCE = 65_536
"""The largest distance, in nucleotides, between two taps of a dilated convolution."""


class RnaEncoder(Hyperparameters):
    """Base of all RNA encoders; each has hyperparameters of its own, and the width `dim`."""

    @property
    def positions_per_query(self) -> int:
        """Number of neighbouring positions of the window that become one query vector."""
        return 1

    @abstractmethod
    def activations(self, length: int) -> int:
        """Estimate how many numbers of one window are kept for the gradient.

        Parameters
        ----------
        length
            Window length L, in nucleotides.

        Returns
        -------
        int
            An estimate that is too low rather than too high: a model is refused only where it
            surely does not fit this machine's memory.
        """


class TokenEncoder(RnaEncoder):
    """The original model's encoder: one-hot(5) -> Linear.

    Nothing mixes positions, so it cannot recognise a motif.

    Parameters
    ----------
    kind
        "token".
    dim
        Channels of the encoded RNA.
    """

    kind: Literal["token"] = "token"
    dim: Count = 128

    def activations(self, length: int) -> int:
        """Return the size of the output, (L, C).

        Parameters
        ----------
        length
            Window length L, in nucleotides.

        Returns
        -------
        int
            L * C.
        """
        return length * self.dim


class ConvEncoder(RnaEncoder):
    """Residual 1-d convolutions.

    Without dilation and pooling, each position sees `1 + layers * (kernel - 1)` nucleotides.

    Parameters
    ----------
    kind
        "conv".
    dim
        Channels of every layer.
    layers
        Number of convolutions.
    kernel
        Taps of a convolution; an odd number, so that it has a centre.
    dilation
        The taps of layer i (from 0) are dilation^i nucleotides apart, so a layer sees further for
        the same compute.
    pool
        Only the maximum of this many neighbouring positions is kept; fewer queries, less compute.
    pool_after
        Pool after the "first" or the "last" layer. After the first, the later layers see `pool`
        times as far and cost less.
    dropout
        Share of the values that is dropped in every layer but the first.
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
        distance = self.dilation ** (self.layers - 1)
        if distance > MAX_TAP_DISTANCE:
            raise ValueError(
                f"the taps of the last layer are dilation^(layers - 1) nt apart, at most "
                f"{MAX_TAP_DISTANCE}; got dilation {self.dilation} and layers {self.layers}"
            )
        return self

    @property
    def positions_per_query(self) -> int:
        """The width of the pooling."""
        return self.pool

    def activations(self, length: int) -> int:
        """Return the sizes of all layers' outputs; those after an early pooling are shorter.

        Parameters
        ----------
        length
            Window length L, in nucleotides.

        Returns
        -------
        int
            The sum over layers of positions times channels.
        """
        later = math.ceil(length / self.pool) if self.pool_after == "first" else length
        return (length + (self.layers - 1) * later) * self.dim


class SelfAttentionEncoder(MultiHead, RnaEncoder):
    """A small transformer over the window, in which every position attends to every other one.

    Parameters
    ----------
    kind
        "self-attention".
    dim
        Channels of every layer.
    layers
        Number of transformer layers.
    heads
        Attention heads of a layer; they divide `dim`.
    pool
        Only the maximum of this many neighbouring positions is kept, after the last layer.
    dropout
        Share of the values that is dropped after the attention and after the feed-forward block.
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
        """Return the sizes of all layers' outputs, and of the values that each keeps inside.

        Parameters
        ----------
        length
            Window length L, in nucleotides.

        Returns
        -------
        int
            Seven times the outputs: the values inside a layer are about six times its output.
        """
        return 7 * self.layers * length * self.dim


class CustomEncoder(CustomClass, RnaEncoder):
    """An RNA encoder of the user's own, see `rpbind.model.contracts.Encoder`.

    Parameters
    ----------
    kind
        "custom".
    class_
        In files and paths "class": "my_parts.py:GRUEncoder" or "package.module:GRUEncoder".
    options
        Keyword arguments of its `__init__`; its defaults are filled in.
    sha256
        Recorded SHA-256 of the class's file. Leave it out: it is filled in.
    """

    slot = "model.encoder"
    given = ("length",)

    def activations(self, length: int) -> int:
        """Return 0: what a class of the user's own keeps is not known, and is left out.

        Parameters
        ----------
        length
            Window length L, in nucleotides.

        Returns
        -------
        int
            0.
        """
        return 0


Encoder = Annotated[
    TokenEncoder | ConvEncoder | SelfAttentionEncoder | CustomEncoder, Field(discriminator="kind")
]
