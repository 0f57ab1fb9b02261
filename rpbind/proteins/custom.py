"""Protein encoders of the user's own: a class in a file, whose content identifies its vectors.

The contract: a class with an attribute `width`, and a method `encode(sequence)` that returns one
vector per residue, an array (residues, width) of floats. The same sequence gives the same bits. The
parameters of its `__init__` are its options.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rpbind import parts
from rpbind.errors import UserError
from rpbind.parts.loading import class_file, errors_in
from rpbind.proteins.letters import AS_ITSELF
from rpbind.proteins.sequence import RESIDUES, clean
from rpbind.proteins.store_manifest import CustomSource
from rpbind.recipe import canonical

SLOT = "--encoder"


class OwnEncoder(Protocol):
    """What a protein encoder of the user's own must have."""

    @property
    def width(self) -> int:
        """Length of a residue's vector."""
        ...

    def encode(self, sequence: str) -> NDArray[np.floating]:
        """Encode a protein.

        Parameters
        ----------
        sequence
            Its residues, in upper case: the twenty amino acids, U, O, B, Z, J and X.

        Returns
        -------
        (residues, width) floats, which are stored as float32; finite, and always the same.
        """
        ...


class CustomProteinEncoder:
    """A user's class as a protein encoder; see `rpbind.proteins.encoder.ProteinEncoder`.

    Parameters
    ----------
    source
        The class, the hash of its file's content, and its options.
    """

    dtype = "float32"
    letters: Mapping[str, str] = AS_ITSELF

    def __init__(self, source: CustomSource) -> None:
        self.source = source
        kind = parts.load(source.part, SLOT)
        self._file, self._what = class_file(kind), f"{SLOT}: {kind.__name__}"
        with errors_in(self._file, f"{self._what} cannot be built"):
            self._own: Any = kind(**source.options)
        width = getattr(self._own, "width", None)
        if not isinstance(width, int) or isinstance(width, bool) or width < 1:
            raise UserError(
                f"{self._what} must have the attribute width, the length of a residue's vector "
                f"(a whole number from 1 on); got {width!r}."
            )
        self.width = width

    @cached_property
    def id(self) -> str:
        """The class's name; with options, also the start of their hash."""
        if not self.source.options:
            return self.source.part.class_name
        options = canonical(self.source.options).encode()
        return f"{self.source.part.class_name}-{hashlib.sha256(options).hexdigest()[:6]}"

    @cached_property
    def sha256(self) -> str:
        """Hash of the file's content, the class's name and the options."""
        recorded = canonical(self.source.model_dump(mode="json")).encode()
        return hashlib.sha256(recorded).hexdigest()

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, width) float32; raises `UserError` if the class returns another."""
        residues = clean(sequence)
        with errors_in(self._file, f"{self._what}.encode failed"):
            found = np.asarray(self._own.encode(residues))
        expected = (len(residues), self.width)
        if found.shape != expected or not np.issubdtype(found.dtype, np.floating):
            raise UserError(
                f"{self._what}.encode must return an array {expected} of floats, one row per "
                f"residue; got {found.shape} of {found.dtype} for {residues[:12]}..."
            )
        if not np.isfinite(found).all():
            raise UserError(
                f"{self._what}.encode returned NaN or infinity for {residues[:12]}... Every "
                "vector must be finite."
            )
        return found.astype(np.float32)


def custom_encoder(reference: str, options: Mapping[str, Any]) -> CustomProteinEncoder:
    """Make a protein encoder of a user's class, and check it on a short sequence.

    Parameters
    ----------
    reference
        FILE.py:CLASS or PACKAGE.MODULE:CLASS.
    options
        Its options.

    Returns
    -------
    CustomProteinEncoder
        The encoder.

    Raises
    ------
    UserError
        If the class cannot be imported or built, an option does not fit its signature, or it does
        not encode as the contract says.
    """
    part = parts.part(reference, SLOT)
    kind = parts.load(part, SLOT)
    parts.checked_options(kind, options, SLOT)
    source = CustomSource(
        class_=part.reference, sha256=part.sha256, options=dict(sorted(options.items()))
    )
    encoder = CustomProteinEncoder(source)
    if not np.array_equal(encoder.encode(RESIDUES), encoder.encode(RESIDUES)):
        raise UserError(
            f"{SLOT}: {kind.__name__}.encode gives other vectors for the same sequence. Remove "
            "what is random in it, such as dropout, or seed it in __init__."
        )
    return encoder
