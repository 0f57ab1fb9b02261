"""Finished matrices of an unfinished store, one file each: a stopped build can continue."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.files.arrays import load_array, save_array
from rpbind.files.atomic import errors_name
from rpbind.proteins.encoders import ProteinEncoder


@dataclass(frozen=True)
class PartialStore:
    """The matrices that `encoder` has made so far, one .npy file per protein in `folder`."""

    folder: Path
    encoder: ProteinEncoder

    def get(self, key: str, sequence: str) -> NDArray[np.floating]:
        """Return the (residues, width) matrix of a sequence, mapped; encode and store it if new."""
        file = self.folder / f"{key}.npy"
        with suppress(FileNotFoundError, ValueError):  # a file that a crash has cut is made again
            return load_array(file, "r")
        matrix = self.encoder.encode(sequence).astype(self.encoder.dtype)
        if not np.isfinite(matrix).all():
            raise ValueError(f"{self.encoder.id} returned NaN or infinity for {sequence[:12]}...")
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{uuid.uuid4().hex}.draft"
        try:
            with errors_name(self.folder.parent, draft):
                save_array(draft, matrix)
                draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
        return load_array(file, "r")
