"""What a model file must hold to be used: every value is checked before a network is built of it.

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
from rpbind.use.output import WHICH, check_model

MOST = 100_000
"""No window has more nucleotides than this, no protein vector more numbers."""

Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=1, le=MOST)]
Named = Annotated[str, Field(pattern=r"^\S.* [0-9a-f]{12}$")]
"""A name and the first twelve hex digits of a hash."""
SplitName = Annotated[
    str,
    Field(
        pattern=r"^(random|cold-rna|cold-protein|cold-both)_\d+-\d+-\d+_seed\d+_\S+ [0-9a-f]{12}$"
    ),
]


class _Part(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True
    )


class Provenance(_Part):
    """Names and hashes of what the model was trained on."""

    dataset: Named
    split: SplitName
    bank: Named
    encoder: Named


class Known(_Part):
    """A protein of the dataset, see `rpbind.train.model_file.KnownProtein`."""

    id: str
    sequence: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    windows: Count
    positives: Count
    auroc: Annotated[float, Field(ge=0, le=1)] | None

    @model_validator(mode="after")
    def _no_more_bound_than_there_are(self) -> Known:
        if self.positives > self.windows:
            raise ValueError(f"{self.positives} of {self.windows} windows are bound")
        return self


class CalibrationLine(_Part):
    """The numbers of a `Calibration`."""

    slope: float
    intercept: float
    threshold: float
    windows: Count

    def calibration(self) -> Calibration:
        """Return them as what they are."""
        return Calibration(self.slope, self.intercept, self.threshold, self.windows)


class Content(_Part):
    """The content of a model file, checked."""

    schema_: int = Field(alias="schema")
    recipe: str
    seed: Count
    width: Size
    length: Size
    threads: Annotated[int, Field(ge=1, le=4096)]
    provenance: Provenance
    calibration: CalibrationLine
    proteins: list[Known]
    weights: dict[str, Tensor]

    @field_validator("weights")
    @classmethod
    def _are_numbers(cls, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        strange = [name for name, weight in weights.items() if not torch.isfinite(weight).all()]
        if strange:
            raise ValueError(f"{', '.join(strange[:3])}: NaN or infinity, so every answer would be")
        return weights


def read_content(path: Path) -> Content:
    """Read a model file; `UserError` with the first thing in it that cannot be used."""
    check_model(path)
    content = checkpoint.load(path, WHICH)
    wanted = {field.alias or name for name, field in Content.model_fields.items()}
    if missing := sorted(wanted - content.keys()):
        raise UserError(
            f"{path} is not the model file of a finished run of this version: it lacks "
            f"{', '.join(missing)}. Make the run again, or let it finish."
        )
    try:
        checked = Content.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path} is damaged: {mistakes(error)}. {WHICH}") from None
    if not any(checked.width in weight.shape for weight in checked.weights.values()):
        # a network of that width would be built, and fill the memory, before it is refused
        raise UserError(
            f"{path} is damaged: its weights are not those of its recipe (none of them has the "
            f"width {checked.width}). {WHICH}"
        )
    return checked
