"""A dataset is a folder: windows, proteins, and a manifest with the SHA-256 of every part.

`windows.parquet` is the form for other tools, with RNA as tokens; `arrays/*.npy` hold the same
windows in the form that training maps into memory, because Parquet cannot be mapped without
decoding.
Shapes: N windows, L letters per window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.data.manifest import ARRAYS, PROTEINS, Manifest, hash_file, read_manifest
from rpbind.errors import UserError
from rpbind.files.arrays import load_array


@dataclass(frozen=True)
class Protein:
    """A protein; `cluster` is its homology cluster, which all cell lines of one gene share."""

    id: str
    gene: str
    sequence: str
    cluster: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """Windows mapped into memory, read only, and their proteins; made by `Dataset.open`."""

    root: Path
    manifest: Manifest
    proteins: tuple[Protein, ...] = field(repr=False)
    rna_NL: NDArray[np.uint8] = field(repr=False)
    """Tokens of `rpbind.data.alphabet`."""
    label_N: NDArray[np.uint8] = field(repr=False)
    protein_N: NDArray[np.int32] = field(repr=False)
    """Index into `proteins`."""
    cluster_N: NDArray[np.int32] = field(repr=False)
    """Overlap cluster of the window."""

    @property
    def id(self) -> str:
        """Twelve hex digits over the content; the same after another import of the same sources."""
        return self.manifest.id

    def __len__(self) -> int:
        return self.manifest.windows

    @classmethod
    def open(cls, root: Path) -> Dataset:
        """Map the dataset in folder `root`; nothing is copied.

        Raises `UserError` where a part is missing, truncated or of another length than the
        manifest says. That all bytes are the right ones is `verify`'s question: asked by every
        command before it reads, and not again by each worker process of a study.
        """
        manifest = read_manifest(root)
        _check_sizes(root, manifest)
        arrays = {name: _map(root / path) for name, path in ARRAYS.items()}
        _check_shapes(root, manifest, arrays)
        return cls(
            root=root,
            manifest=manifest,
            proteins=_read_proteins(root, manifest),
            rna_NL=arrays["rna"],
            label_N=arrays["label"],
            protein_N=arrays["protein"],
            cluster_N=arrays["cluster"],
        )

    def verify(self) -> None:
        """Hash every part, once for each open dataset.

        Raises `UserError` that names the parts whose bytes have changed.
        """
        self._verified  # noqa: B018 - cached: not hashed again where a split of it is frozen

    @cached_property
    def _verified(self) -> bool:
        parts = self.manifest.parts
        changed = [name for name, was in parts.items() if hash_file(self.root / name) != was]
        if changed:
            raise UserError(
                f"{self.root} has changed since it was made: the SHA-256 of {', '.join(changed)} "
                "is not the manifest's. Import the dataset again."
            )
        return True


def _check_sizes(root: Path, manifest: Manifest) -> None:
    for name, was in manifest.parts.items():
        if not (root / name).is_file():
            raise UserError(f"{root} is incomplete: {name} is missing. Import the dataset again.")
        size = (root / name).stat().st_size
        if size != was.bytes:
            raise UserError(
                f"{root / name} has {size:,} bytes and the manifest says {was.bytes:,}: it was "
                "truncated or changed. Import the dataset again."
            )


def _check_shapes(root: Path, manifest: Manifest, arrays: dict[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        row = (manifest.window_length,) if name == "rna" else ()
        if array.shape != (manifest.windows, *row):
            raise UserError(
                f"{root / ARRAYS[name]} has shape {array.shape} and the manifest says "
                f"{(manifest.windows, *row)}. Import the dataset again."
            )


def _map(path: Path) -> NDArray[Any]:
    try:
        return load_array(path, "r")
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}). Import the dataset again.") from None


def _read_proteins(root: Path, manifest: Manifest) -> tuple[Protein, ...]:
    if hash_file(root / PROTEINS) != manifest.parts[PROTEINS]:  # small enough to be asked each time
        raise UserError(
            f"{root / PROTEINS} is damaged: its SHA-256 is not the manifest's. Import the dataset "
            "again."
        )
    table = pq.read_table(root / PROTEINS, columns=["id", "gene", "sequence", "cluster"])
    return tuple(Protein(**row) for row in table.to_pylist())
