"""What a dataset says about itself: counts, the SHA-256 of each part, and how it was made."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rpbind import __version__
from rpbind.errors import UserError, reason
from rpbind.recipe import canonical

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
WINDOWS = "windows.parquet"
PROTEINS = "proteins.parquet"
ARRAYS = {name: f"arrays/{name}.npy" for name in ("rna", "label", "protein", "cluster")}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileHash(_Record):
    """A file as it was: SHA-256 (hex) and size in bytes."""

    sha256: str
    bytes: int


class MadeBy(_Record):
    """How a dataset was made; `decisions` counts what was dropped or repaired on the way."""

    importer: str
    arguments: dict[str, Any] = {}
    sources: dict[str, FileHash] = {}
    decisions: dict[str, int] = {}
    rpbind: str = __version__
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class Manifest(_Record):
    """The manifest of a dataset.

    `negatives` names the rule by which the negative windows were made; it is part of the name of
    every split, hence of file names.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    negatives: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+=-]*$")]
    window_length: int
    windows: int
    positives: int
    clusters: int
    proteins: int
    protein_clusters: int
    proteins_sha256: str
    parts: dict[str, FileHash]
    made_by: MadeBy

    @property
    def id(self) -> str:
        """Twelve hex digits over the content: the same windows and proteins give the same id.

        The Parquet parts are left out, because their bytes depend on the library's version.
        """
        arrays = {name: self.parts[path].sha256 for name, path in ARRAYS.items()}
        content = arrays | {"proteins": self.proteins_sha256, "negatives": self.negatives}
        return hashlib.sha256(canonical(content).encode()).hexdigest()[:12]


def hash_file(path: Path) -> FileHash:
    """Return the SHA-256 and size of a file."""
    with path.open("rb") as file:
        return FileHash(
            sha256=hashlib.file_digest(file, "sha256").hexdigest(), bytes=path.stat().st_size
        )


def read_manifest(root: Path) -> Manifest:
    """Return the manifest in a dataset folder; `UserError` where there is none that we can read."""
    path = root / MANIFEST
    if not path.is_file():
        raise UserError(
            f"{root} is no dataset: there is no {MANIFEST} in it. Make one with `rpbind import`."
        )
    try:
        tree = json.loads(path.read_bytes())
        version = tree.get("schema_version") if isinstance(tree, dict) else None
        if version != SCHEMA_VERSION:
            raise UserError(
                f"{path} has schema version {version!r}; this rpbind ({__version__}) reads "
                f"{SCHEMA_VERSION}. Import the dataset again from its sources."
            )
        return Manifest.model_validate(tree)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is not a manifest that can be read ({reason(error)}). Import the dataset "
            "again."
        ) from None
