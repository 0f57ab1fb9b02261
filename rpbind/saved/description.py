"""What a model folder says of its model, apart from weights and recipe; checked when it is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rpbind.proteins.store_manifest import CustomSource, ImportedSource

MOST = 100_000
"""Largest accepted length of a window, in nucleotides, and width of a protein vector."""

Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=1, le=MOST)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
NamedHash = Annotated[str, Field(pattern=r"^\S.* [0-9a-f]{12}$")]
"""A name and the first twelve hex digits of a hash."""
SplitName = Annotated[
    str,
    Field(
        pattern=r"^((random|cold-(rna|protein|both|chromosome))_\d+-\d+-\d+_seed\d+"
        r"|fold\d+of\d+_seed\d+|[A-Za-z]\S*_given-[0-9a-f]{8})_\S+ [0-9a-f]{12}$"
    ),
]


class _StrictModel(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Provenance(_StrictModel):
    """Names and hashes of what the model was trained on."""

    dataset: NamedHash
    split: SplitName
    bank: NamedHash
    encoder: NamedHash


class CalibrationLine(_StrictModel):
    """Slope, intercept and threshold of a `Calibration`, and its number of validation windows."""

    slope: float
    intercept: float
    threshold: float
    windows: Count


class PartScores(_StrictModel):
    """The scores of the model on one part of its split, and on how much data they were measured.

    `metrics` has the metrics' names without the part, such as `auroc_macro`. `proteins` and
    `clusters` count the proteins with windows of both classes, over which `auroc_macro` averages.
    """

    windows: Count
    positives: Count
    proteins: Count
    clusters: Count
    metrics: dict[str, float]


class Vectors(_StrictModel):
    """The protein vectors that the model reads, and the encoder that makes them.

    `reads` says whether the network gets each protein's mean vector or one vector per residue.
    `custom` is the encoder's class, if it is the user's own. `imported` is the file of the vectors,
    if they were computed elsewhere.
    """

    encoder: str
    sha256: Sha256
    width: Size
    dtype: Annotated[str, Field(pattern=r"^float(16|32)$")]
    reads: Literal["mean", "residues"]
    custom: CustomSource | None = None
    imported: ImportedSource | None = None


class KnownProtein(_StrictModel):
    """A protein of the model's dataset: its training windows and its validation score.

    `sequence` is the SHA-256 of the sequence, as in the embedding store. `residues` are its amino
    acids and `gene` its gene symbol; a model file of version 0.1.0 has neither. `auroc` is None if
    the protein has no validation windows, or one class only.
    """

    id: str
    gene: str = ""
    sequence: Sha256
    residues: str = ""
    windows: Count
    positives: Count
    auroc: Share | None

    @model_validator(mode="after")
    def _check_positives(self) -> KnownProtein:
        if self.positives > self.windows:
            raise ValueError(f"{self.positives} of {self.windows} windows are positive")
        return self


class Description(_StrictModel):
    """What is known of a model, apart from its weights and its recipe.

    Parameters
    ----------
    schema_
        Version of the format.
    run, arm, seed
        The run that trained it.
    width, length
        Width of the protein vectors, and length of the windows in nucleotides; of the longest, if
        they differ.
    shortest
        Length of the shortest window; None if all have one length.
    threads
        Number of torch threads of the run: the same number gives the same bits.
    made_by
        Versions of rpbind and torch, and the hash of the code that trained it.
    provenance
        Names and hashes of dataset, split, embedding store and protein encoder.
    calibration
        From logits to calibrated probabilities.
    scores
        {part of the split: scores}, for validation and test.
    vectors
        The protein vectors; None in a model file of version 0.1.0.
    proteins
        The proteins of the dataset.
    """

    schema_: Literal[1] = Field(1, alias="schema")
    run: str = ""
    arm: str = ""
    seed: Count
    width: Size
    length: Size
    shortest: Size | None = None
    threads: Annotated[int, Field(ge=1, le=4096)]
    made_by: dict[str, str] = {}
    provenance: Provenance
    calibration: CalibrationLine
    scores: dict[str, PartScores] = {}
    vectors: Vectors | None = None
    proteins: list[KnownProtein]
