"""The hyperparameters of the memory slot: the keys and values that the RNA attends to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rpbind.recipe.base import Boolean, Count, Hyperparameters
from rpbind.recipe.custom import CustomClass


class PooledMemory(Hyperparameters):
    """The original model's `old` memory: the mean protein vector is the only key.

    A softmax over one key is 1, so every attention weight is 1.

    Parameters
    ----------
    kind
        "pooled".
    """

    kind: Literal["pooled"] = "pooled"


class ExpandedMemory(Hyperparameters):
    """The original model's `fixed` memory: the mean vector is copied to one key per RNA position.

    All values are the same vector, so the attention is inert whatever its weights are.

    Parameters
    ----------
    kind
        "expanded".
    position
        Add a learned vector to each key (not to the values).
    """

    kind: Literal["expanded"] = "expanded"
    position: Boolean = True


class ResidueMemory(Hyperparameters):
    """One key and one value per residue of the protein, so attention can matter.

    Parameters
    ----------
    kind
        "residue".
    """

    kind: Literal["residue"] = "residue"


class SegmentMemory(Hyperparameters):
    """One key and one value per span of residues, averaged: few keys for long proteins.

    Parameters
    ----------
    kind
        "segment".
    segments
        Spans of equal length; a protein with fewer residues has one key per residue.
    """

    kind: Literal["segment"] = "segment"
    segments: Count = 32


class NoMemory(Hyperparameters):
    """No attention: the head reads the projected mean vector beside the RNA.

    Parameters
    ----------
    kind
        "none".
    """

    kind: Literal["none"] = "none"


class CustomMemory(CustomClass):
    """A memory of the user's own, see `rpbind.model.contracts.Memory`.

    Parameters
    ----------
    kind
        "custom".
    class_
        In files and paths "class": "my_parts.py:MyMemory" or "package.module:MyMemory".
    options
        Keyword arguments of its `__init__`; its defaults are filled in.
    sha256
        Recorded SHA-256 of the class's file. Leave it out: it is filled in.
    """

    slot = "model.memory"
    given = ("width", "dim", "length")


Memory = Annotated[
    PooledMemory | ExpandedMemory | ResidueMemory | SegmentMemory | NoMemory | CustomMemory,
    Field(discriminator="kind"),
]
