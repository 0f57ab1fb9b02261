"""Rows of a source that cannot be read: the first is named and the others counted, or all dropped.

Shapes: N windows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import BAD, TOKEN_OF_BYTE, encode
from rpbind.errors import UserError
from rpbind.importers.labels import label_values, why_no_label
from rpbind.importers.rows import DROP, RawRows, RowRules
from rpbind.reading.refuse import and_more
from rpbind.splitting.saved import no_part, why_no_part

Problem = tuple[str, NDArray[np.bool_], Callable[[int], tuple[str, str]]]
"""The name of a count, which rows have the problem, and what is said of one of them."""


def without_bad_rows(raw: RawRows, rules: RowRules) -> tuple[RawRows, dict[str, int]]:
    """Leave out the rows that cannot be read, or refuse them.

    Parameters
    ----------
    raw
        What the source says.
    rules
        How rows are read.

    Returns
    -------
    tuple[RawRows, dict[str, int]]
        The rows that can be read, and counts of the others.

    Raises
    ------
    UserError
        If a row cannot be read and the rules refuse such rows: the first of them by place,
        whatever is wrong with it, and how many more there are of each kind. Or if none is left.
    """
    bad_N = np.zeros(len(raw.letters), dtype=bool)
    found: list[tuple[Problem, NDArray[np.int64]]] = []
    for problem in _problems(raw, rules):
        rows = np.flatnonzero(problem[1] & ~bad_N)
        if len(rows):
            found.append((problem, rows))
            bad_N[rows] = True
    if found and rules.bad_rows == "error":
        raise _refusal(raw, found)
    dropped = {f"rows_{name}_dropped": len(rows) for (name, _, _), rows in found}
    if bad_N.all():
        counts = ", ".join(f"{name}: {count:,}" for name, count in dropped.items())
        raise UserError(
            f"{raw.origin.place(0)}: no row is left with --bad-rows drop ({counts}). Without it, "
            "the import says what is wrong with the first of them."
        )
    return (raw.take(np.flatnonzero(~bad_N).tolist()) if dropped else raw), dropped


def _refusal(raw: RawRows, found: Sequence[tuple[Problem, NDArray[np.int64]]]) -> UserError:
    (_, _, says), rows = min(found, key=lambda each: int(each[1][0]))
    first = int(rows[0])
    what, advice = says(first)
    more = and_more(sum(len(each) for _, each in found))
    if len(found) > 1:
        counts = [(name, len(each) - (each[0] == first)) for (name, _, _), each in found]
        kinds = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts if count)
        more = f"{more[:-1]}: {kinds})"
    return UserError(f"{raw.origin.place(first)}: {what}{more}. {advice}")


def _problems(raw: RawRows, rules: RowRules) -> Iterator[Problem]:
    def missing(what: str) -> Callable[[int], tuple[str, str]]:
        return lambda row: (f"the {what} is missing", f"Add it, {DROP}.")

    yield "without_protein", _empty(raw.proteins), raw.without_protein or missing("protein")
    if raw.without_label is not None:
        yield "without_label", _empty(raw.labels), raw.without_label
    yield "with_bad_letters", _not_rna(raw.letters), lambda row: _about_letters(raw.letters[row])
    if rules.bad_rows == "error" and rules.most_n is not None:
        share_N = np.array([_n_share(window) for window in raw.letters])
        yield "with_many_N", share_N > rules.most_n, lambda row: (
            f"{share_N[row]:.0%} of the window's letters are N; the limit of --max-n-share is "
            f"{rules.most_n:.0%}", f"Raise it, {DROP}.",
        )  # fmt: skip
    counts = Counter(raw.labels)
    values = label_values(counts, rules.label_map)
    no_label_N = np.array([text not in values for text in raw.labels], dtype=bool)
    yield (
        "with_bad_labels",
        no_label_N,
        lambda row: why_no_label(raw.labels[row], counts, rules.label_map),
    )
    if raw.clusters is not None:
        yield "without_cluster", _empty(raw.clusters), missing("cluster")
    if raw.parts is not None and rules.bad_rows == "error":  # a split is never dropped in part
        parts = raw.parts
        yield "without_a_part", no_part(parts), lambda row: why_no_part(parts[row])


def _n_share(window: str) -> float:
    return (window.count("N") + window.count("n")) / max(len(window), 1)


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
