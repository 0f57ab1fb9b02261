"""What a source says of each window, as text, and the rules by which it is read.

Shapes: N windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin

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
    most_n
        With `error`, a window with a larger share of N is refused together with the other rows
        that cannot be read; None if its letters may still be cut (see `checks.with_letters`).
    """

    label_map: Mapping[str, int] | None = None
    bad_rows: BadRows = "error"
    most_n: float | None = None


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
