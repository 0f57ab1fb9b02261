"""The manifest of a dataset: counts, the SHA-256 of each part, and how it was made."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rpbind import __version__
from rpbind.errors import UserError, reason
from rpbind.history import MANIFEST as MANIFEST
from rpbind.history import Step
from rpbind.recipe import canonical

SCHEMA_VERSION = 1
WINDOWS = "windows.parquet"
PROTEINS = "proteins.parquet"
ARRAYS = {name: f"arrays/{name}.npy" for name in ("rna", "label", "protein", "cluster")}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileHash(_Record):
    """Hash and size of a file.

    Parameters
    ----------
    sha256
        SHA-256 (hex).
    bytes
        Size in bytes.
    """

    sha256: str
    bytes: int


class MadeBy(_Record):
    """How a dataset was made.

    Parameters
    ----------
    importer
        The importer's name: `eclip`, `fasta`, `table`, `peaks`, `negatives`, `subset` or
        `simulated world`.
    arguments
        Its arguments.
    sources
        Hashes of the files that it read.
    decisions
        Counts of the rows that were dropped, and of windows with N.
    rpbind
        Version of rpbind.
    created
        Date and time (ISO 8601, UTC).
    """

    importer: str
    arguments: dict[str, Any] = {}
    sources: dict[str, FileHash] = {}
    decisions: dict[str, int] = {}
    rpbind: str = __version__
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class Manifest(_Record):
    """The manifest of a dataset.

    `negatives` names the method that made the negative windows. It is part of the name of every
    split, so it must be a valid file name. `parts` has the hash of each file of the dataset.
    `window_length` is the number of letters of the longest window, `shortest_window` that of the
    shortest, None if all windows have one length. `coordinates_sha256` is the hash of the windows'
    genome coordinates, None if they have none.
    `headers` has the first words of the FASTA headers in which the import found a protein, by its
    name, if they are not that name.
    `history` has the commands that made or changed the dataset; those that made the dataset from
    which it was drawn come first. It is empty where no command is known.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    negatives: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+=-]*$")]
    window_length: int
    shortest_window: int | None = None
    windows: int
    positives: int
    clusters: int
    proteins: int
    protein_clusters: int
    proteins_sha256: str
    coordinates_sha256: str | None = None
    parts: dict[str, FileHash]
    made_by: MadeBy
    headers: dict[str, tuple[str, ...]] = {}
    history: tuple[Step, ...] = ()

    @property
    def lengths(self) -> str:
        """The windows' length in words, such as "101 nt" or "20 to 400 nt"."""
        shortest = "" if self.shortest_window is None else f"{self.shortest_window} to "
        return f"{shortest}{self.window_length} nt"

    @property
    def id(self) -> str:
        """Hash of the content (12 hex digits): equal windows and proteins give an equal id.

        The Parquet files are left out, because their bytes depend on the library's version.
        """
        arrays = {name: self.parts[path].sha256 for name, path in ARRAYS.items()}
        content = arrays | {"proteins": self.proteins_sha256, "negatives": self.negatives}
        if self.coordinates_sha256 is not None:
            content["coordinates"] = self.coordinates_sha256
        return hashlib.sha256(canonical(content).encode()).hexdigest()[:12]


def hash_file(path: Path) -> FileHash:
    """Return the SHA-256 and size of a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    FileHash
        Its hash and size.
    """
    with path.open("rb") as file:
        return FileHash(
            sha256=hashlib.file_digest(file, "sha256").hexdigest(), bytes=path.stat().st_size
        )


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of the dataset in folder `root`; `UserError` if it cannot be read."""
    path = root / MANIFEST
    if not path.is_file():
        raise UserError(
            f"{root} is not a dataset: it has no {MANIFEST}. Make one with `rpbind import`."
        )
    try:
        tree = json.loads(path.read_bytes())
        version = tree.get("schema_version") if isinstance(tree, dict) else None
        if version != SCHEMA_VERSION:
            raise UserError(
                f"{path} has schema version {version!r}; this rpbind ({__version__}) reads version "
                f"{SCHEMA_VERSION}. Import the dataset again from its sources."
            )
        return Manifest.model_validate(tree)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is not a readable manifest ({reason(error)}). Import the dataset again."
        ) from None
