"""All protein encoders by their names, and how one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rpbind.errors import UserError, did_you_mean
from rpbind.proteins.custom import custom_encoder
from rpbind.proteins.encoder import ProteinEncoder
from rpbind.proteins.inference import Inference, split_name
from rpbind.proteins.physchem import PhysChem
from rpbind.proteins.published import FAMILIES, PUBLISHED, Family
from rpbind.proteins.simple import ConjointTriad, ConstantVector, RandomVector


@dataclass(frozen=True)
class LanguageModelMaker:
    """Makes a protein language model.

    Parameters
    ----------
    family
        Its kind; None for any.
    model
        Name of a published model; None for any model of the family.
    """

    family: Family | None
    model: str | None = None

    def __call__(
        self,
        weights: Path | None,
        inference: Inference = Inference(),  # noqa: B008
    ) -> ProteinEncoder:
        # imported here: torch takes seconds, and every reader of a store imports this module
        from rpbind.proteins.load_model import load_model

        made = load_model(self.family, self.model, weights, inference)
        if isinstance(ENCODERS.get(made.id), TableMaker):
            raise UserError(
                f"{weights} has the name of another encoder of rpbind, '{made.id}', under which "
                "its vectors would be stored. Rename it."
            )
        return made


@dataclass(frozen=True)
class TableMaker:
    """Makes an encoder that has no weights."""

    kind: Callable[[], ProteinEncoder]

    def __call__(self, weights: Path | None, inference: Inference = Inference()) -> ProteinEncoder:  # noqa: B008
        encoder = self.kind()
        if weights is not None:
            raise UserError(f"Encoder '{encoder.id}' has no weights; got --weights {weights}.")
        if inference != Inference():
            raise UserError(
                f"Encoder '{encoder.id}' is no language model; leave out --precision and "
                "--batch-residues."
            )
        return encoder


ENCODERS: dict[str, LanguageModelMaker | TableMaker] = {
    "physchem": TableMaker(PhysChem),
    "triad": TableMaker(ConjointTriad),
    "random": TableMaker(RandomVector),
    "constant": TableMaker(ConstantVector),
    **{name: LanguageModelMaker(model.family, name) for name, model in PUBLISHED.items()},
    **{family.any_name: LanguageModelMaker(family) for family in FAMILIES},
}
"""Every encoder by its name. `esm2`, `esmc` and `prott5` are any other model of that kind, given as
a file or a folder."""


def needs_weights(name: str) -> bool:
    """Whether an encoder is a language model, whose weights are files of their own.

    Parameters
    ----------
    name
        Id of the encoder; a name that is not in `ENCODERS` is that of a file or folder of weights.

    Returns
    -------
    bool
        True for ESM-2, ESM C and ProtT5.
    """
    return not isinstance(ENCODERS.get(name), TableMaker)


def remake_encoder(encoder_id: str, weights: Path | None) -> ProteinEncoder:
    """Make the encoder that made a store, from its id and its weights.

    Parameters
    ----------
    encoder_id
        Id of one of rpbind's encoders, or of a language model that was given by its weights.
    weights
        File or folder of a language model.

    Returns
    -------
    ProteinEncoder
        The encoder; the caller compares its hash.

    Raises
    ------
    UserError
        If weights are missing or cannot be read.
    """
    model, inference = split_name(encoder_id)
    if model in ENCODERS:
        return ENCODERS[model](weights, inference)
    return LanguageModelMaker(None)(weights, inference)


def make_encoder(
    name: str,
    weights: Path | None = None,
    options: Mapping[str, Any] | None = None,
    inference: Inference = Inference(),  # noqa: B008
) -> ProteinEncoder:
    """Make an encoder by its name.

    Parameters
    ----------
    name
        A name of `ENCODERS`, or the user's own class as FILE.py:CLASS or PACKAGE.MODULE:CLASS.
    weights
        File or folder of a language model; without it, the caches of torch hub and Hugging Face
        are searched.
    options
        Options of the user's own class.
    inference
        How a language model is run.

    Returns
    -------
    The encoder.

    Raises
    ------
    UserError
        If the name is unknown, if the encoder takes no weights or no options, if weights are
        missing or are those of another model, or if the user's own class does not fit.
    """
    if ":" in name:
        own = custom_encoder(name, options or {})
        if weights is not None:
            raise UserError(f"Encoder {name} takes no --weights; give its file as an option.")
        if inference != Inference():
            raise UserError(
                f"Encoder {name} takes no --precision and no --batch-residues; give them as its "
                "own options."
            )
        if own.id in ENCODERS:
            raise UserError(f"Encoder '{own.id}' is one of rpbind's own; rename your class.")
        return own
    if options:
        raise UserError(f"Encoder '{name}' takes no options; got {', '.join(options)}.")
    if name not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise UserError(
            f"No encoder '{name}'; the encoders are {known}, or a class of your own as "
            f"FILE.py:CLASS.{did_you_mean(name, ENCODERS)}"
        )
    return ENCODERS[name](weights, inference)
