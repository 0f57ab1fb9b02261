"""An embedding store keeps the residue vectors of a dataset's proteins once, memory-mapped.

A store is a folder named after its encoder: `manifest.json` (what made it, its counts and hashes,
and where each protein's rows are) and one array `residues-<hash>.npy` of all residues of all
proteins, one after another. The key of a protein is the SHA-256 of its sequence, so two proteins
with the same sequence share rows. The manifest is replaced last: a reader sees either the old store
or the new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError, reason
from rpbind.files.arrays import load_array
from rpbind.proteins.advice import embed_advice
from rpbind.proteins.sequence import sequence_key
from rpbind.proteins.store_manifest import StoreManifest, read_manifest, stores_folder


@dataclass(frozen=True)
class EmbeddingStore:
    """An embedding store that is open for reading.

    Parameters
    ----------
    folder
        The store's folder, named after the encoder.
    manifest
        What made the store, its counts and hashes, and each protein's rows.
    residues_ND
        (rows, width) float32 or float16: one vector per residue, memory-mapped.
    """

    folder: Path
    manifest: StoreManifest
    residues_ND: NDArray[np.floating]

    @classmethod
    def open(cls, data: Path, encoder_id: str) -> EmbeddingStore:
        """Open a dataset's store of one encoder, without reading the vectors (see `verify`).

        Parameters
        ----------
        data
            The dataset folder.
        encoder_id
            The encoder's id, such as `physchem`.

        Returns
        -------
        The open store.

        Raises
        ------
        UserError
            If there is no such store, or if its manifest or the shape of its array shows that it is
            damaged. The message has the command that makes it.
        """
        folder = stores_folder(data) / encoder_id
        advice = embed_advice(data, encoder_id)
        try:
            manifest = read_manifest(folder, advice)
            if not (folder / manifest.residues_file).exists():
                manifest = read_manifest(folder, advice)  # extended and replaced meanwhile
            # copy-on-write, because torch warns about read-only arrays; the file never changes
            residues_ND = load_array(folder / manifest.residues_file, "c")
        except FileNotFoundError:
            raise UserError(f"No embedding store at {folder}; {advice}") from None
        except (ValueError, EOFError) as error:
            raise UserError(
                f"Embedding store {folder} is damaged ({reason(error)}); remove it and {advice}"
            ) from None
        wanted = f"{manifest.dtype} {(manifest.residues, manifest.width)}"
        if (came := f"{residues_ND.dtype} {residues_ND.shape}") != wanted:
            raise UserError(
                f"Embedding store {folder} is damaged (its vectors are {came} and its manifest "
                f"says {wanted}); remove it and {advice}"
            )
        return cls(folder, manifest, residues_ND)

    @property
    def width(self) -> int:
        """Length of a residue's vector."""
        return self.manifest.width

    @property
    def sha256(self) -> str:
        """SHA-256 of the residue vectors, for a run's provenance."""
        return self.manifest.residues_sha256

    def verify(self) -> str:
        """Hash the residue vectors and compare the hash with the manifest's.

        Returns
        -------
        The SHA-256 of the vectors, in hex.

        Raises
        ------
        UserError
            If the vectors have changed since the store was made.
        """
        if hashlib.sha256(np.ascontiguousarray(self.residues_ND).data).hexdigest() != self.sha256:
            raise UserError(
                f"Embedding store {self.folder} has changed since it was made: the SHA-256 of "
                f"{self.manifest.residues_file} is not the manifest's. Remove it and run: rpbind "
                f"embed {self.folder.parent.parent} --encoder {self.manifest.encoder}"
            )
        return self.sha256

    def locate(self, sequences: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the rows of proteins in `residues_ND`.

        Parameters
        ----------
        sequences
            P protein sequences.

        Returns
        -------
        (offset_P, length_P), both (P,) int64: each protein's first row and number of rows.

        Raises
        ------
        UserError
            If the store lacks one of the proteins.
        """
        keys = [sequence_key(sequence) for sequence in sequences]
        for place, key in enumerate(keys):
            if key not in self.manifest.index:
                raise UserError(
                    f"Protein {place + 1} of {len(keys)} ({sequences[place][:12]}...) is not in "
                    f"embedding store '{self.manifest.encoder}'; run rpbind embed again to add it."
                )
        places_P2 = np.array([self.manifest.index[key] for key in keys], dtype=np.int64)
        return places_P2[:, 0], places_P2[:, 1]

    def mean_PW(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Average each protein's vectors over its residues.

        Parameters
        ----------
        sequences
            P protein sequences.

        Returns
        -------
        (P, width) float32 means.
        """
        places = zip(*self.locate(sequences), strict=True)
        means = [self.residues_ND[at : at + n].mean(axis=0, dtype=np.float64) for at, n in places]
        return np.array(means, dtype=np.float32)
