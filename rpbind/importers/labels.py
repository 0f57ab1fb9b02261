"""Reads labels: 0 and 1 as text, numbers or booleans; nothing else is guessed.

Shapes: N windows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError

_WORDS = {"true": 1.0, "false": 0.0}
_MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", "<na>"})


def labels_of(texts: Sequence[str], place: Callable[[int], str]) -> NDArray[np.uint8]:
    """Read the label of each row: 1, 1.0 or True, and 0, 0.0 or False, in any case.

    Parameters
    ----------
    texts
        The labels in the source; numbers and booleans of Parquet as text.
    place
        Returns "FILE, line n" of a row.

    Returns
    -------
    NDArray[np.uint8]
        (N,), 0 or 1.

    Raises
    ------
    UserError
        If a label is missing or is neither; the message has the place of the first.
    """
    value_of = {text: _number(text) for text in set(texts)}
    bad = {text for text, value in value_of.items() if value not in (0.0, 1.0)}
    if bad:
        row = next(row for row, text in enumerate(texts) if text in bad)
        raise UserError(f"{place(row)}: {_why(texts[row], value_of.values())}")
    return np.fromiter((value_of[text] for text in texts), np.uint8, len(texts))


def _number(text: str) -> float | None:
    word = text.strip().casefold()
    if word in _WORDS:
        return _WORDS[word]
    try:
        return None if word in _MISSING or "_" in word else float(word)
    except ValueError:
        return None


def _why(text: str, values: Collection[float | None]) -> str:
    if text.strip().casefold() in _MISSING:
        found = f" (the cell is {text!r})" if text.strip() else ""
        return f"the label is missing{found}; expected 0 or 1. Add it, or remove the row."
    got = f"expected the label 0 or 1; got {text[:40]!r}."
    if set(values) <= {-1.0, 1.0}:
        return f"{got} If -1 means not bound, write 0 for -1."
    if _number(text) is not None:
        return f"{got} For scores, choose a threshold: write 1 above it and 0 below it."
    return f"{got} Write 1 for bound and 0 for not bound; True and False are read too."
