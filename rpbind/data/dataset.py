"""A dataset is a folder: windows, proteins, and a manifest with the SHA-256 of every part.

`windows.parquet` is for other tools, with RNA as tokens. `arrays/*.npy` hold the same windows for
training, which maps them into memory; Parquet cannot be mapped without decoding. Windows may
differ in length: shorter ones are padded. Shapes: N windows, L letters of the longest window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.data.coordinates import Coordinates, read_coordinates
from rpbind.data.manifest import ARRAYS, PROTEINS, WINDOWS, Manifest, hash_file, read_manifest
from rpbind.errors import UserError
from rpbind.files.arrays import load_array


@dataclass(frozen=True)
class Protein:
    """A protein.

    Parameters
    ----------
    id
        Its name in the source, such as `AARS_K562`.
    gene
        Its gene symbol.
    sequence
        Its residues, one letter each.
    cluster
        Its protein cluster; all cell lines of one gene share one.
    """

    id: str
    gene: str
    sequence: str
    cluster: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """Windows mapped into memory, read-only, and their proteins; made by `Dataset.open`.

    Parameters
    ----------
    root
        The dataset's folder.
    manifest
        Its counts, hashes and origin.
    proteins
        Its proteins, in the order of `protein_N`.
    rna_NL
        (N, L) uint8, tokens of `rpbind.data.alphabet`; shorter windows end with `PAD`.
    label_N
        (N,) uint8, 1 bound, 0 not bound.
    protein_N
        (N,) int32, index into `proteins`.
    cluster_N
        (N,) int32, overlap cluster.
    """

    root: Path
    manifest: Manifest
    proteins: tuple[Protein, ...] = field(repr=False)
    rna_NL: NDArray[np.uint8] = field(repr=False)
    label_N: NDArray[np.uint8] = field(repr=False)
    protein_N: NDArray[np.int32] = field(repr=False)
    cluster_N: NDArray[np.int32] = field(repr=False)

    @property
    def id(self) -> str:
        """Hash of the content (12 hex digits); equal for imports of the same sources."""
        return self.manifest.id

    @property
    def shortest(self) -> int:
        """Letters of the shortest window; the longest has `manifest.window_length`."""
        return self.manifest.shortest_window or self.manifest.window_length

    @cached_property
    def coordinates(self) -> Coordinates | None:
        """Genome coordinates of the windows; None if the dataset was imported without."""
        if self.manifest.coordinates_sha256 is None:
            return None
        return read_coordinates(self.root / WINDOWS)

    def __len__(self) -> int:
        return self.manifest.windows

    @classmethod
    def open(cls, root: Path) -> Dataset:
        """Map a dataset into memory; nothing is copied.

        Only sizes are checked here. Every command also calls `verify` before it reads; the worker
        processes of a study do not repeat that.

        Parameters
        ----------
        root
            The dataset's folder.

        Returns
        -------
        Dataset
            The opened dataset.

        Raises
        ------
        UserError
            If a part is missing, truncated, or of another length than the manifest says.
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
        """Compare the SHA-256 of every part with the manifest, once per opened dataset.

        Raises
        ------
        UserError
            If a part has changed; the message names it.
        """
        self._verified  # noqa: B018 - cached, so that freezing a split does not hash again

    @cached_property
    def _verified(self) -> bool:
        parts = self.manifest.parts
        changed = [name for name, made in parts.items() if hash_file(self.root / name) != made]
        if changed:
            raise UserError(
                f"{self.root} has changed since it was made: the SHA-256 of {', '.join(changed)} "
                "differs from the manifest. Import the dataset again."
            )
        return True


def _check_sizes(root: Path, manifest: Manifest) -> None:
    for name, recorded in manifest.parts.items():
        if not (root / name).is_file():
            raise UserError(f"{root} is incomplete: {name} is missing. Import the dataset again.")
        size = (root / name).stat().st_size
        if size != recorded.bytes:
            raise UserError(
                f"{root / name} has {size:,} bytes and the manifest says {recorded.bytes:,}: it "
                "was truncated or changed. Import the dataset again."
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
    if hash_file(root / PROTEINS) != manifest.parts[PROTEINS]:  # small enough to hash each time
        raise UserError(
            f"{root / PROTEINS} is damaged: its SHA-256 differs from the manifest. Import the "
            "dataset again."
        )
    table = pq.read_table(root / PROTEINS, columns=["id", "gene", "sequence", "cluster"])
    return tuple(Protein(**row) for row in table.to_pylist())
