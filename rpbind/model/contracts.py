"""What a class of the user's own must do, by the place that it has in a model.

All are `nn.Module`s. `__init__` gets the recipe's options by name, and those of the sizes below
that it names. Shapes: B windows, L nucleotides, Q query positions, C encoder width, P proteins, R
residues (padded), W protein vector width, S keys, E attention width. Tensors are float32, except
tokens (int64: 0 to 4 for A C G U N) and masks (bool: False is padding).

For windows of different lengths, the `forward` of an encoder or a whole model also names the
parameter `real_BL` (B, L) bool. It is False after a window's last letter, where the tokens are N,
and True everywhere if all windows have one length. Without it, such windows are refused.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from torch import Tensor


class Encoder(Protocol):
    """`model.encoder`: a window of tokens becomes one vector per query position.

    `__init__` may name `length` (L). It sets `dim`. An encoder that takes `real_BL` and has fewer
    query positions than letters returns a pair: the vectors, and which positions are real (B, Q).
    """

    dim: int
    """The width C of the output."""

    def forward(self, rna_BL: Tensor) -> Tensor:
        """Map tokens (B, L) to vectors (B, Q, C)."""
        ...


class MeanMemory(Protocol):
    """`model.memory` from mean vectors: the keys and values that the RNA attends to.

    `__init__` may name `width` (W), `dim` (E) and `length` (L).
    """

    reads: ClassVar[Literal["mean"]] = "mean"

    def forward(self, mean_PW: Tensor) -> tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Tensor]:
        """Map mean vectors (P, W) to keys and values (P, S, E); then, if some keys are padding,
        which are not (P, S)."""
        ...


class ResidueMemory(Protocol):
    """`model.memory` from residues. `__init__` may name `width` (W), `dim` (E), `length` (L)."""

    reads: ClassVar[Literal["residues"]] = "residues"

    def forward(
        self, residues_PRW: Tensor, real_PR: Tensor
    ) -> tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Tensor]:
        """Map residues (P, R, W), of which `real_PR` are no padding, to keys and values (P, S, E);
        then, if some keys are padding, which are not (P, S)."""
        ...


class MeanModel(Protocol):
    """The whole `model` from mean vectors. `__init__` may name `width` (W) and `length` (L)."""

    reads: ClassVar[Literal["mean"]] = "mean"

    def forward(self, rna_BL: Tensor, mean_BW: Tensor) -> Tensor:
        """Map tokens (B, L) and each window's mean protein vector (B, W) to logits (B,)."""
        ...


class ProteinsModel(Protocol):
    """The whole `model` from the batch's distinct proteins, each of which it gets once.

    A batch has fewer proteins than windows, so what depends on the protein alone is cheaper.
    `__init__` may name `width` (W) and `length` (L).
    """

    reads: ClassVar[Literal["proteins"]] = "proteins"

    def forward(self, rna_BL: Tensor, mean_PW: Tensor, protein_B: Tensor) -> Tensor:
        """Map tokens (B, L), the mean vectors (P, W) of the batch's proteins, and each window's
        index among them (B,) int64, to logits (B,)."""
        ...


class ResidueModel(Protocol):
    """The whole `model` from residues. `__init__` may name `width` (W) and `length` (L)."""

    reads: ClassVar[Literal["residues"]] = "residues"

    def forward(self, rna_BL: Tensor, residues_BRW: Tensor, real_BR: Tensor) -> Tensor:
        """Map tokens (B, L) and the residues of each window's protein (B, R, W), of which `real_BR`
        are no padding, to logits (B,)."""
        ...
