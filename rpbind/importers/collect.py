"""Rows of a source that is read piece by piece, on disk if it is large.

Shapes: N windows, R rows of a piece.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rpbind.data.growing import GrowingWindows
from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.files.spill import Growing, blocks
from rpbind.importers.bad_rows import without_bad_rows
from rpbind.importers.labels import label_values, labels_of, mapping_remark
from rpbind.importers.rows import RawRows, RowRules, joined
from rpbind.importers.sources import Rows, index_names, tokens_of
from rpbind.splitting.saved import parts_from_words

_TOGETHER = 250_000
"""Rows that are read at a time."""


def collected(
    pieces: Iterable[RawRows],
    rules: RowRules,
    explained: Callable[[RawRows], RawRows] = lambda raw: raw,
) -> Rows:
    """Read the rows of a source.

    Parameters
    ----------
    pieces
        What the source says, piece by piece.
    rules
        How rows are read.
    explained
        Adds explanations of what a row lacks.

    Returns
    -------
    Rows
        All rows, with counts of those dropped, and how labels were read.

    Raises
    ------
    UserError
        If a row cannot be read; the message has the place of the first, and how many more there
        are among those that are read at the same time.
    """
    batches = _batched(pieces)
    some = [next(batches), *(another for another in [next(batches, None)] if another is not None)]
    if len(some) == 1:
        return rows_of(explained(some[0]), rules)
    collection = _Collection(rules)
    for raw in chain(some, batches):
        collection.add(explained(raw))
    return collection.rows()


def rows_of(raw: RawRows, rules: RowRules) -> Rows:
    """Read the rows of a source.

    Parameters
    ----------
    raw
        What the source says.
    rules
        How rows are read.

    Returns
    -------
    Rows
        The rows, with counts of those dropped, and how labels were read.

    Raises
    ------
    UserError
        If a row cannot be read, or all were dropped; the message has the place of the first, and
        how many more there are.
    """
    raw, dropped = without_bad_rows(raw, rules)
    names, protein_N = index_names(raw.proteins)
    rna_NL = tokens_of(raw.letters, raw.origin)
    label_N, mapping = labels_of(raw.labels, raw.origin, rules.label_map)
    part_N, folds = None, 0
    if raw.parts is not None:
        part_N, folds = parts_from_words(raw.parts, raw.origin.place)
    return Rows(
        rna_NL=rna_NL,
        label_N=label_N,
        protein_N=protein_N,
        names=names,
        cluster_N=None if raw.clusters is None else _numbered(raw.clusters),
        origin=raw.origin,
        sources=raw.sources,
        part_N=part_N,
        folds=folds,
        decisions=dropped,
        remarks=(mapping,) if mapping else (),
    )


def _numbered(clusters: Sequence[str]) -> NDArray[np.int32]:
    """Number clusters in the order of their first appearance."""
    number: dict[str, int] = {}
    each = (number.setdefault(text, len(number)) for text in clusters)
    return np.fromiter(each, np.int32, len(clusters))


def _batched(pieces: Iterable[RawRows]) -> Iterator[RawRows]:
    held: list[RawRows] = []
    for raw in pieces:
        if held and sum(len(one.letters) for one in held) + len(raw.letters) > _TOGETHER:
            yield joined(held)
            held = []
        held.append(raw)
    yield joined(held)


class _Words:
    """A column of words, as numbers in the order of their first appearance."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.first: list[str] = []  # where each word appears first
        self._code = Growing()

    def add(self, words: Sequence[str], origin: Origin) -> None:
        """Add the words of a piece."""
        code_R = np.empty(len(words), dtype=np.int32)
        for row, word in enumerate(words):
            if word not in self.number:
                self.number[word] = len(self.number)
                self.first.append(origin.place(row))
            code_R[row] = self.number[word]
        self._code.add(code_R)

    def mapped(self, value_W: NDArray[np.generic] | None = None) -> NDArray[np.generic]:
        """Return the value of each row's word; without values, its number."""
        code_N = self._code.array()
        if value_W is None:
            return code_N
        values = Growing()
        for part in blocks(len(code_N)):
            values.add(value_W[code_N[part]])
        return values.array()


class _Collection:
    """What the pieces of a source have said so far."""

    def __init__(self, rules: RowRules) -> None:
        self.rules = rules
        self.windows, self.label, self.file, self.row = (
            GrowingWindows(), Growing(), Growing(), Growing(),
        )  # fmt: skip
        self.proteins, self.clusters, self.parts = _Words(), _Words(), _Words()
        self.labels: Counter[str] = Counter()
        self.files: dict[str, int] = {}
        self.sources: dict[str, FileHash] = {}
        self.dropped: Counter[str] = Counter()

    def add(self, raw: RawRows) -> None:
        """Add the rows of a piece."""
        raw, dropped = without_bad_rows(raw, self.rules)
        self.dropped.update(dropped)
        self.windows.add(tokens_of(raw.letters, raw.origin))
        self.label.add(labels_of(raw.labels, raw.origin, self.rules.label_map)[0])
        self.labels.update(raw.labels)
        self.proteins.add(raw.proteins, raw.origin)
        if raw.clusters is not None:
            self.clusters.add(raw.clusters, raw.origin)
        if raw.parts is not None:
            self.parts.add(raw.parts, raw.origin)
        number_F = np.array(
            [self.files.setdefault(name, len(self.files)) for name in raw.origin.files], np.int32
        )
        self.file.add(number_F[raw.origin.file_N])
        self.row.add(raw.origin.row_N)
        self.sources |= raw.sources

    def rows(self) -> Rows:
        """Return all rows."""
        value_of = label_values(self.labels, self.rules.label_map)
        other = [text for text in self.labels if text not in value_of]
        if other:
            raise UserError(
                f"The labels are words of several pairs: {', '.join(map(repr, self.labels))}"[:300]
                + ". Say with --label-map which of them are 1 and which 0."
            )
        names, name_W = index_names(list(self.proteins.number))
        part_W, folds = None, 0
        if self.parts.number:
            part_W, folds = parts_from_words(list(self.parts.number), self.parts.first.__getitem__)
        mapping = mapping_remark(self.labels, value_of)
        return Rows(
            rna_NL=self.windows.array(),
            label_N=self.label.array(),
            protein_N=self.proteins.mapped(name_W),  # type: ignore[arg-type]
            names=names,
            cluster_N=self.clusters.mapped() if self.clusters.number else None,  # type: ignore[arg-type]
            origin=Origin(list(self.files), self.file.array(), self.row.array()),
            sources=self.sources,
            part_N=None if part_W is None else self.parts.mapped(part_W),  # type: ignore[arg-type]
            folds=folds,
            decisions=dict(self.dropped),
            remarks=(mapping,) if mapping else (),
        )
