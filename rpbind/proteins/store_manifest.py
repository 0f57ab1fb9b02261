"""What a bank says of itself: what made it, its counts and hashes, and each protein's rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rpbind import __version__
from rpbind.errors import UserError

Version = Literal[1]


class StoreManifest(BaseModel):
    """What is in a bank; `index` maps a sequence's SHA-256 to (first row, rows)."""

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
    index: dict[str, tuple[int, int]]

    @model_validator(mode="after")
    def _rows_are_those_of_the_proteins(self) -> StoreManifest:
        """Refuse an index that would give a protein the rows of another, or rows that are not."""
        end = 0
        for start, rows in sorted(self.index.values()):
            if start != end or rows < 1:
                raise ValueError(f"index: a protein's {rows} rows begin at {start}, not at {end}")
            end += rows
        if (end, len(self.index)) != (self.residues, self.proteins):
            raise ValueError(
                f"index: {len(self.index)} proteins with {end} rows; the manifest says "
                f"{self.proteins} with {self.residues}"
            )
        return self


def read_manifest(folder: Path, remedy: str) -> StoreManifest:
    """Read the manifest of a bank; `UserError`, which ends in `remedy`, on another version's."""
    tree = json.loads((folder / "manifest.json").read_bytes())
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if version not in get_args(Version):
        raise UserError(
            f"Bank {folder} has schema version {version!r}; this rpbind ({__version__}) reads "
            f"{get_args(Version)[0]}. Remove it and {remedy}"
        )
    return StoreManifest.model_validate(tree)
