"""What every importer reads: files as bytes, rows with the place they came from.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import BAD, TOKEN_OF_BYTE, encode
from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.importers.text import plain_text


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a source, checked one by one: RNA as tokens, labels 0 or 1.

    `protein_N` is the index into `names`, the proteins as the source calls them; `cluster_N` is
    None where the source brings no clusters.
    """

    rna_NL: NDArray[np.uint8]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    names: tuple[str, ...]
    cluster_N: NDArray[np.int32] | None
    origin: Origin
    sources: dict[str, FileHash]

    def take(self, rows_M: NDArray[np.int64]) -> Rows:
        """Return those rows alone."""
        return replace(
            self,
            rna_NL=self.rna_NL[rows_M],
            label_N=self.label_N[rows_M],
            protein_N=self.protein_N[rows_M],
            cluster_N=None if self.cluster_N is None else self.cluster_N[rows_M],
            origin=replace(
                self.origin, file_N=self.origin.file_N[rows_M], row_N=self.origin.row_N[rows_M]
            ),
        )


def one_file(path: Path, row_N: NDArray[np.int32]) -> Origin:
    """Return the origin of windows that all come from one file."""
    return Origin([path.name], np.zeros(len(row_N), dtype=np.int32), row_N)


def tokens_of(
    letters: Sequence[str], origin: Origin, length: int | None = None
) -> NDArray[np.uint8]:
    """Return the (N, L) tokens of windows, each given by its letters.

    Raises `UserError` with file and line where one has another length than the first (or than
    `length`), or a letter that is not RNA.
    """
    size_N = np.fromiter(map(len, letters), np.int64, len(letters))
    length = length or int(size_N[0])
    wrong = np.flatnonzero((size_N != length) | (size_N == 0))
    if len(wrong):
        raise UserError(
            f"{origin.place(int(wrong[0]))}: {size_N[wrong[0]]:,} letters; "
            f"every window has {length or 'at least one'}. Cut or centre them to one length."
        )
    text = "".join(letters).encode("ascii", "replace")  # one byte a letter; "?" is none of RNA
    rna_NL = TOKEN_OF_BYTE[np.frombuffer(text, dtype=np.uint8)].reshape(-1, length)
    bad = np.flatnonzero((rna_NL == BAD).any(axis=1))
    if len(bad):
        first = int(bad[0])
        try:
            encode(letters[first])
        except UserError as error:
            raise UserError(f"{origin.place(first)}: {error}") from None
    return rna_NL


def index_names(names_N: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the different names in sorted order, and the index of each row's name."""
    names = tuple(sorted(set(names_N)))
    index = {name: number for number, name in enumerate(names)}
    return names, np.fromiter((index[name] for name in names_N), np.int32, len(names_N))


def read_file(path: Path) -> tuple[bytes, FileHash]:
    """Return a file's text, unpacked, in UTF-8 and with LF line ends, and its hash.

    The hash is that of the file as it lies there. Raises `UserError` where the file is missing,
    broken or empty, and where it is no text.
    """
    check_is_file(path)
    raw = path.read_bytes()
    file_hash = FileHash(sha256=hashlib.sha256(raw).hexdigest(), bytes=len(raw))
    return plain_text(path, raw), file_hash


def check_is_file(path: Path, advice: str = "") -> None:
    """Raise `UserError` where a path is not that of a file; `advice` is for a folder."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; wanted a file. {advice or 'Name a file in it.'}")
    if not path.is_file():
        raise UserError(f"{path} is no file. Check the path.")


FOLDER = "`rpbind import eclip` reads a folder with a file per protein."
"""The advice where a folder is given for a file of windows."""
