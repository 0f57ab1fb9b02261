"""Finished matrices of an unfinished store, one file each: a stopped build can continue."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.files.arrays import load_array, save_array
from rpbind.files.atomic import errors_name
from rpbind.proteins.encoder import BatchEncoder, ProteinEncoder


@dataclass(frozen=True)
class PartialStore:
    """The matrices that `encoder` has made so far, one .npy file per protein in `folder`."""

    folder: Path
    encoder: ProteinEncoder

    def get(self, key: str) -> NDArray[np.floating]:
        """Return the (residues, width) matrix that `make` has written, mapped."""
        return load_array(self._file(key), "r")

    def make(self, batch: Mapping[str, str]) -> None:
        """Encode the sequences of a batch, given by their keys, unless all of them are there.

        Parameters
        ----------
        batch
            The sequence of each key; they are encoded together if the encoder can do that.

        Raises
        ------
        UserError
            If a vector is NaN or infinite.
        """
        if all(map(self._has, batch)):
            return
        chains = list(batch.values())
        if isinstance(self.encoder, BatchEncoder):
            matrices = self.encoder.encode_batch(chains)
        else:
            matrices = [self.encoder.encode(chain) for chain in chains]
        self.folder.mkdir(parents=True, exist_ok=True)
        for (key, chain), matrix in zip(batch.items(), matrices, strict=True):
            self._write(key, self._checked(chain, matrix))

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.npy"

    def _has(self, key: str) -> bool:
        with suppress(FileNotFoundError, ValueError):  # a file that a crash has cut is made again
            load_array(self._file(key), "r")
            return True
        return False

    def _checked(self, chain: str, matrix: NDArray[np.float32]) -> NDArray[np.floating]:
        with np.errstate(over="ignore"):  # what is too large for float16 becomes infinite
            stored = matrix.astype(self.encoder.dtype)
        strange = ~np.isfinite(stored).all(axis=1)
        if strange.any():
            raise UserError(
                f"{self.encoder.id} gives {int(strange.sum()):,} of {len(stored):,} residues of "
                f"{chain[:12]}... a vector that is not finite, or too large for {stored.dtype}. "
                "Check the files of its weights, or take another --precision."
            )
        return stored

    def _write(self, key: str, matrix: NDArray[np.floating]) -> None:
        draft = self.folder / f"{uuid.uuid4().hex}.draft"
        try:
            with errors_name(self.folder.parent, draft):
                save_array(draft, matrix)
                draft.replace(self._file(key))
        finally:
            draft.unlink(missing_ok=True)
