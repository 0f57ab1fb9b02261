"""From what a source says of each window, as text, to checked rows; bad rows are named or dropped.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import BAD, TOKEN_OF_BYTE, encode
from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.importers.labels import label_values, labels_of
from rpbind.importers.sources import Rows, index_names, tokens_of
from rpbind.reading.refuse import refuse_rows
from rpbind.splitting.saved import parts_from_words

BadRows = Literal["error", "drop"]
DROP = "or leave such rows out with --bad-rows drop"
"""The end of what a refusal of a row advises."""


_TEXTS = ("letters", "labels", "proteins", "clusters", "parts", "titles")


@dataclass(frozen=True)
class RowRules:
    """How rows are read.

    Parameters
    ----------
    label_map
        {word: 0 or 1}; None for the usual words, see `rpbind.importers.labels`.
    bad_rows
        Rows that cannot be read: `error` refuses them, `drop` leaves them out and counts them.
    """

    label_map: Mapping[str, int] | None = None
    bad_rows: BadRows = "error"


@dataclass(frozen=True, eq=False)
class RawRows:
    """What a source says of each window, as text.

    Parameters
    ----------
    letters, labels, proteins
        N texts each; "" where something is missing.
    origin
        Where each row comes from.
    sources
        Hashes of the files.
    clusters, parts, titles
        N texts each: overlap clusters, parts of a published split, and headers of FASTA; None if
        there are none.
    without_protein, without_label
        What a row lacks and what to do, if the source is not a table: two sentences for its index.
    """

    letters: list[str]
    labels: list[str]
    proteins: list[str]
    origin: Origin
    sources: dict[str, FileHash]
    clusters: list[str] | None = None
    parts: list[str] | None = None
    titles: list[str] | None = None
    without_protein: Callable[[int], tuple[str, str]] | None = None
    without_label: Callable[[int], tuple[str, str]] | None = None

    def take(self, rows: Sequence[int]) -> RawRows:
        """Return only these rows."""
        picked: dict[str, Any] = {
            name: [texts[row] for row in rows]
            for name in _TEXTS
            if (texts := getattr(self, name)) is not None
        }
        origin = replace(
            self.origin, file_N=self.origin.file_N[rows], row_N=self.origin.row_N[rows]
        )
        return replace(self, origin=origin, **picked)


def joined(parts: Sequence[RawRows]) -> RawRows:
    """Return the rows of several files as those of one source.

    Parameters
    ----------
    parts
        The rows of each file, at least one.

    Returns
    -------
    RawRows
        All rows.
    """
    if len(parts) == 1:
        return parts[0]
    first = np.cumsum([0, *(len(part.origin.files) for part in parts)])
    columns: dict[str, Any] = {
        name: [text for part in parts for text in getattr(part, name)]
        for name in _TEXTS
        if all(getattr(part, name) is not None for part in parts)
    }
    return RawRows(
        **columns,
        origin=Origin(
            [name for part in parts for name in part.origin.files],
            np.concatenate(
                [part.origin.file_N + shift for part, shift in zip(parts, first, strict=False)]
            ).astype(np.int32),
            np.concatenate([part.origin.row_N for part in parts]),
        ),
        sources={name: file for part in parts for name, file in part.sources.items()},
    )


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


Problem = tuple[str, NDArray[np.bool_], Callable[[int], tuple[str, str]]]
"""The name of a count, which rows have the problem, and what is said of one of them."""


def without_bad_rows(raw: RawRows, rules: RowRules) -> tuple[RawRows, dict[str, int]]:
    """Return the rows that can be read, and counts of the others; `UserError` by the rules."""
    bad_N = np.zeros(len(raw.letters), dtype=bool)
    dropped = {}
    for name, with_N, says in _problems(raw, rules):
        rows = np.flatnonzero(with_N & ~bad_N)
        if len(rows) and rules.bad_rows == "error":
            refuse_rows(raw.origin, rows, *says(int(rows[0])))
        if len(rows):
            dropped[f"rows_{name}_dropped"] = len(rows)
            bad_N |= with_N
    if bad_N.all():
        counts = ", ".join(f"{name}: {count:,}" for name, count in dropped.items())
        raise UserError(
            f"{raw.origin.place(0)}: no row is left with --bad-rows drop ({counts}). Without it, "
            "the import says what is wrong with the first of them."
        )
    return (raw.take(np.flatnonzero(~bad_N).tolist()) if dropped else raw), dropped


def _problems(raw: RawRows, rules: RowRules) -> Iterator[Problem]:
    def missing(what: str) -> Callable[[int], tuple[str, str]]:
        return lambda row: (f"the {what} is missing", f"Add it, {DROP}.")

    yield "without_protein", _empty(raw.proteins), raw.without_protein or missing("protein")
    if raw.without_label is not None:
        yield "without_label", _empty(raw.labels), raw.without_label
    yield "with_bad_letters", _not_rna(raw.letters), lambda row: _about_letters(raw.letters[row])
    if rules.bad_rows == "drop":  # labels_of refuses the others, and says why
        values = label_values(Counter(raw.labels), rules.label_map)
        no_label_N = np.array([text not in values for text in raw.labels], dtype=bool)
        yield "with_bad_labels", no_label_N, missing("label")
    if raw.clusters is not None:
        yield "without_cluster", _empty(raw.clusters), missing("cluster")


def _empty(texts: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([not text.strip() for text in texts], dtype=bool)


def _not_rna(letters: Sequence[str]) -> NDArray[np.bool_]:
    """Return which windows are empty or have a letter that is not RNA."""
    size_N = np.fromiter(map(len, letters), np.int64, len(letters))
    text = "".join(letters).encode("ascii", "replace")  # one byte per letter; others become "?"
    bad = np.flatnonzero(TOKEN_OF_BYTE[np.frombuffer(text, dtype=np.uint8)] == BAD)
    wrong_N = size_N == 0
    wrong_N[np.searchsorted(np.cumsum(size_N), bad, side="right")] = True
    return wrong_N


def _about_letters(window: str) -> tuple[str, str]:
    try:
        encode(window)
    except UserError as error:
        found, _, advice = str(error).partition(". ")
        return found.rstrip("."), f"{advice[:-1] or 'Correct it'}, {DROP}."
    return "the window has 0 letters; expected at least one", f"Add it, {DROP}."


def _numbered(clusters: Sequence[str]) -> NDArray[np.int32]:
    """Number clusters in the order of their first appearance."""
    number: dict[str, int] = {}
    each = (number.setdefault(text, len(number)) for text in clusters)
    return np.fromiter(each, np.int32, len(clusters))
