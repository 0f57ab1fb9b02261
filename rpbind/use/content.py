"""Read a model file and check every value in it before a network is built from it.

The file is written by `rpbind.train.model_file`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from torch import Tensor

from rpbind.errors import UserError
from rpbind.mistakes import mistakes
from rpbind.train import checkpoint
from rpbind.train.calibration import Calibration
from rpbind.use.output import EXPECTED_FILE, check_model

MOST = 100_000
"""Largest accepted length of a window, in nucleotides, and width of a protein vector."""

Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=1, le=MOST)]
NamedHash = Annotated[str, Field(pattern=r"^\S.* [0-9a-f]{12}$")]
"""A name and the first twelve hex digits of a hash."""
SplitName = Annotated[
    str,
    Field(
        pattern=r"^(random|cold-(rna|protein|both|chromosome))"
        r"_\d+-\d+-\d+_seed\d+_\S+ [0-9a-f]{12}$"
    ),
]


class _StrictModel(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True
    )


class Provenance(_StrictModel):
    """Names and hashes of what the model was trained on."""

    dataset: NamedHash
    split: SplitName
    bank: NamedHash
    encoder: NamedHash


class ProteinContent(_StrictModel):
    """A protein of the model's dataset, see `rpbind.train.model_file.KnownProtein`."""

    id: str
    sequence: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    windows: Count
    positives: Count
    auroc: Annotated[float, Field(ge=0, le=1)] | None

    @model_validator(mode="after")
    def _check_positives(self) -> ProteinContent:
        if self.positives > self.windows:
            raise ValueError(f"{self.positives} of {self.windows} windows are positive")
        return self


class CalibrationLine(_StrictModel):
    """Slope, intercept and threshold of a `Calibration`, and its number of validation windows."""

    slope: float
    intercept: float
    threshold: float
    windows: Count

    def calibration(self) -> Calibration:
        """Return the calibration with these numbers."""
        return Calibration(self.slope, self.intercept, self.threshold, self.windows)


class Content(_StrictModel):
    """The checked content of a model file."""

    schema_: int = Field(alias="schema")
    recipe: str
    seed: Count
    width: Size
    length: Size
    threads: Annotated[int, Field(ge=1, le=4096)]
    provenance: Provenance
    calibration: CalibrationLine
    proteins: list[ProteinContent]
    weights: dict[str, Tensor]

    @field_validator("weights")
    @classmethod
    def _check_finite(cls, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        names = [name for name, weight in weights.items() if not torch.isfinite(weight).all()]
        if names:
            raise ValueError(
                f"{', '.join(names[:3])}: NaN or infinity, so every logit would be NaN"
            )
        return weights


def read_content(path: Path) -> Content:
    """Read a model file; raises `UserError` if there is none or a value in it cannot be used."""
    check_model(path)
    content = checkpoint.load(path, EXPECTED_FILE)
    expected = {field.alias or name for name, field in Content.model_fields.items()}
    if missing := sorted(expected - content.keys()):
        raise UserError(
            f"{path} is not the model file of a finished run of this version: it lacks "
            f"{', '.join(missing)}. Train the run again, or let it finish."
        )
    try:
        checked = Content.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path} is damaged: {mistakes(error)}. {EXPECTED_FILE}") from None
    if not any(checked.width in weight.shape for weight in checked.weights.values()):
        # without this check, a network of a wrong and huge width would fill the memory
        raise UserError(
            f"{path} is damaged: its weights do not fit its recipe (none of them has the width "
            f"{checked.width}). {EXPECTED_FILE}"
        )
    return checked
