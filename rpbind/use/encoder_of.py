"""The encoder of the protein vectors that a trained model reads."""

from __future__ import annotations

from pathlib import Path

from rpbind.errors import UserError
from rpbind.proteins.custom import CustomProteinEncoder
from rpbind.proteins.encoder import ProteinEncoder
from rpbind.proteins.encoders import remake_encoder
from rpbind.saved.description import Vectors
from rpbind.use.trust import check_trust_of
from rpbind.vectors.encoder import FileVectors


def encoder_of(
    model: Path, name: str, vectors: Vectors | None, weights: Path | None, *, trust: bool
) -> ProteinEncoder:
    """Return the encoder that made a model's protein vectors; the caller compares its hash.

    Parameters
    ----------
    model
        The model's folder, for messages.
    name
        Id of the encoder.
    vectors
        What the model knows of its vectors; None for a file of version 0.1.0.
    weights
        File or folder of a protein language model, or the file that the vectors were read from.
    trust
        Whether a class of its author's own may be imported.

    Returns
    -------
    ProteinEncoder
        The encoder.

    Raises
    ------
    UserError
        If `weights` are missing, or given where there are none.
    """
    imported = vectors.imported if vectors is not None else None
    custom = vectors.custom if vectors is not None else None
    if imported is not None:
        if weights is None:
            raise UserError(
                "The model reads protein vectors that were computed elsewhere, from the file "
                f"{imported.file} (SHA-256 {imported.sha256[:12]}). Give it with --weights."
            )
        return FileVectors(weights, name)
    if custom is None:
        return remake_encoder(name, weights)
    if weights is not None:
        raise UserError(f"Encoder {custom.class_} takes no --weights; leave them out.")
    check_trust_of(model, [custom.part], trust=trust)
    return CustomProteinEncoder(custom)
