"""The folder of a dataset's embedding stores, and the manifest of a store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rpbind import __version__
from rpbind.errors import UserError
from rpbind.parts import Part

Version = Literal[1]


def stores_folder(data: Path) -> Path:
    """Return the folder of a dataset's embedding stores, one subfolder per encoder.

    It is `embeddings`. A dataset of version 0.1.0 that has only the older folder `bank` keeps it:
    its stores are read, and new ones are written, there.

    Parameters
    ----------
    data
        The dataset folder.

    Returns
    -------
    The folder, which may not exist yet.
    """
    new, old = data / "embeddings", data / "bank"
    return old if old.is_dir() and not new.exists() else new


class CustomSource(BaseModel):
    """A protein encoder of the user's own: its class, the content of its file, and its options."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    class_: Annotated[str, Field(alias="class")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    options: dict[str, Any] = {}

    @property
    def part(self) -> Part:
        """The class and the hash of its file's content."""
        return Part(self.class_, self.sha256)


class ImportedSource(BaseModel):
    """A file with vectors that were computed elsewhere.

    `pooled` is whether it has one vector per protein instead of one per residue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    pooled: bool


@dataclass(frozen=True)
class VectorSource:
    """The encoder of some protein vectors.

    Parameters
    ----------
    id
        Its name.
    sha256
        Hash of its weights or table.
    width
        Length of a vector.
    dtype
        In which the vectors are stored: float32 or float16.
    custom
        The user's own class; None for rpbind's encoders.
    imported
        The file from which the vectors were read; None if an encoder made them.
    """

    id: str
    sha256: str
    width: int
    dtype: str
    custom: CustomSource | None = None
    imported: ImportedSource | None = None


class StoreManifest(BaseModel):
    """The contents of a store; `index` maps a sequence's SHA-256 to (first row, number of rows)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Version = 1
    encoder: str
    encoder_sha256: str
    width: int
    dtype: str
    proteins: int
    residues: int
    residues_file: Annotated[str, Field(pattern=r"^residues-[0-9a-f]{12}\.npy$")]
    residues_sha256: str
    custom: CustomSource | None = None
    imported: ImportedSource | None = None
    index: dict[str, tuple[int, int]]

    @property
    def source(self) -> VectorSource:
        """The encoder that made the vectors."""
        return VectorSource(
            self.encoder, self.encoder_sha256, self.width, self.dtype, self.custom, self.imported
        )

    @model_validator(mode="after")
    def _check_rows(self) -> StoreManifest:
        """Refuse an index whose rows overlap, leave a gap, or do not exist."""
        end = 0
        for start, rows in sorted(self.index.values()):
            if start != end or rows < 1:
                raise ValueError(
                    f"index: {rows} rows of a protein start at {start}, expected {end}"
                )
            end += rows
        if (end, len(self.index)) != (self.residues, self.proteins):
            raise ValueError(
                f"index: it has {len(self.index)} proteins with {end} rows, the manifest says "
                f"{self.proteins} with {self.residues}"
            )
        return self


def read_manifest(folder: Path, advice: str) -> StoreManifest:
    """Read a store's manifest; `UserError`, ending in `advice`, if its version is unknown."""
    tree = json.loads((folder / "manifest.json").read_bytes())
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if version not in get_args(Version):
        raise UserError(
            f"Embedding store {folder} has schema version {version!r}; this rpbind ({__version__}) "
            f"reads version {get_args(Version)[0]}. Remove it and {advice}"
        )
    return StoreManifest.model_validate(tree)
