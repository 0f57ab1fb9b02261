"""A trained model from its file: the weights in their network, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from rpbind.errors import UserError
from rpbind.model.binding import BindingModel
from rpbind.model.build import build_model
from rpbind.names import matching
from rpbind.proteins.encoders import ENCODERS, ProteinEncoder, make_encoder
from rpbind.proteins.sequence import sequence_key
from rpbind.recipe import Recipe, recipe_mistakes
from rpbind.train.calibration import Calibration
from rpbind.train.model_file import KnownProtein
from rpbind.use.content import read_content
from rpbind.use.output import WHICH


@dataclass(frozen=True)
class Context:
    """What is known of a model on one protein.

    `seen` is whether training windows had this very sequence. `base_rate` is the share of bound
    ones among them, `auroc` that of the validation windows; None where there are none to tell.
    """

    seen: bool
    base_rate: float | None
    auroc: float | None


@dataclass(frozen=True, eq=False)
class Trained:
    """A model that is ready to score windows of `length` nt, on the CPU, in evaluation mode."""

    path: Path
    recipe: Recipe
    seed: int
    width: int
    length: int
    threads: int
    provenance: dict[str, str]
    calibration: Calibration
    proteins: tuple[KnownProtein, ...] = field(repr=False)
    model: BindingModel = field(repr=False)

    @classmethod
    def open(cls, path: Path) -> Trained:
        """Read `reports/STUDY/runs/RUN.pt`; `UserError` where it is no finished run's file."""
        content = read_content(path)
        recipe = _recipe(path, content.recipe)
        model = build_model(
            recipe.model, width=content.width, length=content.length, seed=content.seed
        )
        try:
            model.load_state_dict(content.weights)
        except RuntimeError as error:
            told = " ".join(str(error).split())
            raise UserError(
                f"{path} is damaged: its weights are not those of its recipe ({told}). {WHICH}"
            ) from None
        model.eval().requires_grad_(False)
        return cls(
            path=path,
            recipe=recipe,
            seed=content.seed,
            width=content.width,
            length=content.length,
            threads=content.threads,
            provenance=content.provenance.model_dump(),
            calibration=content.calibration.calibration(),
            proteins=tuple(cast(KnownProtein, known.model_dump()) for known in content.proteins),
            model=model,
        )

    def context(self, name: str, sequence: str) -> Context:
        """Return what is known of the model on a protein.

        The entry of that name (in any spelling) and sequence decides; where the name is new, all
        with the sequence.
        """
        key = sequence_key(sequence)
        same = [known for known in self.proteins if known["sequence"] == key]
        named = matching(name, [known["id"] for known in same])
        told = [known for known in same if known["id"] in named] or same
        windows = sum(known["windows"] for known in told)
        aurocs = [known["auroc"] for known in told if known["auroc"] is not None]
        return Context(
            seen=any(known["windows"] for known in same),
            base_rate=sum(known["positives"] for known in told) / windows if windows else None,
            auroc=sum(aurocs) / len(aurocs) if aurocs else None,
        )

    def encoder(self, weights: Path | None) -> ProteinEncoder:
        """Return the protein encoder that the model was trained with; `weights` is for ESM-2.

        Raises `UserError` where what comes is another one: other weights, table or width.
        """
        name = self.recipe.proteins
        encoder = make_encoder(name if name in ENCODERS else "esm2", weights)
        came = f"{encoder.id} {encoder.sha256[:12]}"
        wanted = self.provenance["encoder"]
        if came.split()[-1] != wanted.split()[-1] or encoder.width != self.width:
            raise UserError(
                f"The model was trained with protein encoder {wanted} (SHA-256) of width "
                f"{self.width}; got {came} of width {encoder.width}. Give the same --weights."
            )
        return encoder


def _recipe(path: Path, text: str) -> Recipe:
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"{path} has a recipe of another version, or a damaged one "
            f"({recipe_mistakes(error)}). {WHICH}"
        ) from None
