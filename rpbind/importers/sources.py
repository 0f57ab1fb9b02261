"""What all importers share: rows with their origin, and the tokens of letters.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import BAD, PAD, TOKEN_OF_BYTE, encode
from rpbind.data.coordinates import Coordinates
from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.files.spill import taken


@dataclass(frozen=True, eq=False)
class Rows:
    """The checked rows of a source.

    `protein_N` is the index into `names`, the protein names of the source. `cluster_N` is None if
    the source has no clusters. `sources` are the hashes of the files. `coordinates` are those of a
    genome, and `linked_N` groups of windows that must be in one overlap cluster, for example as
    they overlap in the genome. `part_N` are the parts of a split that the source publishes, or its
    folds, whose number is then `folds`; see `rpbind.splitting.saved.parts_from_words`.
    `decisions` are counts of rows that were dropped, and `remarks`
    sentences for the user.
    """

    rna_NL: NDArray[np.uint8]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    names: tuple[str, ...]
    cluster_N: NDArray[np.int32] | None
    origin: Origin
    sources: dict[str, FileHash]
    coordinates: Coordinates | None = None
    linked_N: NDArray[np.int32] | None = None
    part_N: NDArray[np.uint8] | None = None
    folds: int = 0
    decisions: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def remarked(self, remark: str) -> Rows:
        """Return the rows with one more remark; none if it is empty."""
        return replace(self, remarks=(*self.remarks, remark)) if remark else self

    def take(self, rows_M: NDArray[np.int64]) -> Rows:
        """Return only these rows."""
        return replace(
            self,
            rna_NL=taken(self.rna_NL, rows_M),
            label_N=taken(self.label_N, rows_M),
            protein_N=taken(self.protein_N, rows_M),
            cluster_N=None if self.cluster_N is None else taken(self.cluster_N, rows_M),
            coordinates=None if self.coordinates is None else self.coordinates.take(rows_M),
            linked_N=None if self.linked_N is None else self.linked_N[rows_M],
            part_N=None if self.part_N is None else self.part_N[rows_M],
            origin=replace(
                self.origin,
                file_N=taken(self.origin.file_N, rows_M),
                row_N=taken(self.origin.row_N, rows_M),
            ),
        )


MOST_LETTERS = 65_536
"""A window with more letters is taken for a mistake: shorter ones are padded to the longest."""


def tokens_of(letters: Sequence[str], origin: Origin) -> NDArray[np.uint8]:
    """Turn the letters of windows into tokens; windows may differ in length.

    Parameters
    ----------
    letters
        The letters of each window.
    origin
        Where each window comes from, for messages.

    Returns
    -------
    NDArray[np.uint8]
        (N, L) tokens; shorter windows end with `PAD`.

    Raises
    ------
    UserError
        If a window has no letter, more than `MOST_LETTERS`, or a letter that is not RNA.
    """
    size_N = np.fromiter(map(len, letters), np.int64, len(letters))
    wrong = np.flatnonzero((size_N == 0) | (size_N > MOST_LETTERS))
    if len(wrong):
        raise UserError(
            f"{origin.place(int(wrong[0]))}: the window has {size_N[wrong[0]]:,} letters; expected "
            f"at least one and at most {MOST_LETTERS:,}. Cut it, or remove it."
        )
    text = "".join(letters).encode("ascii", "replace")  # one byte per letter; others become "?"
    rna_NL = np.full((len(letters), int(size_N.max())), PAD, dtype=np.uint8)
    is_letter_NL = np.arange(rna_NL.shape[1]) < size_N[:, None]
    rna_NL[is_letter_NL] = TOKEN_OF_BYTE[np.frombuffer(text, dtype=np.uint8)]
    bad = np.flatnonzero((rna_NL == BAD).any(axis=1))
    if len(bad):
        first = int(bad[0])
        try:
            encode(letters[first])
        except UserError as error:
            raise UserError(f"{origin.place(first)}: {error}") from None
    return rna_NL


def index_names(names_N: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the distinct names, and the index of each row's name.

    Parameters
    ----------
    names_N
        A name per row.

    Returns
    -------
    tuple[tuple[str, ...], NDArray[np.int32]]
        The names, sorted, without blanks around and in Unicode's composed form (NFC), so that a
        name is the same whatever program wrote it; and (N,) indices.
    """
    as_written = {name: normalize("NFC", name).strip() for name in set(names_N)}
    names = tuple(sorted(set(as_written.values())))
    number = {name: n for n, name in enumerate(names)}
    index = {written: number[name] for written, name in as_written.items()}
    return names, np.fromiter((index[name] for name in names_N), np.int32, len(names_N))
