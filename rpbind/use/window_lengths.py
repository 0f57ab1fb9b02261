"""Which lengths of windows a trained model can read, and what is done with others.

Shapes: N windows, M windows after cutting, L letters of the longest window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from rpbind.counted import counted, plural
from rpbind.data.alphabet import LONGEST, SHORTEST
from rpbind.errors import UserError
from rpbind.model.network import lengths_read
from rpbind.reading.fitting import Fit, Fitted
from rpbind.use.trained import TrainedModel


def readable(trained: TrainedModel) -> tuple[int, int]:
    """Return the shortest and the longest window that a model can read, in nucleotides.

    That is 20 to 1,024 nt, and the lengths that it was trained on, unless its layers have a place
    for each nucleotide (no longer windows) or are its author's own and take no mask (no others).
    """
    low, high = lengths_read(trained.recipe.model, trained.length)
    shortest = max(low, min(SHORTEST, trained.shortest))
    return shortest, max(LONGEST, trained.length) if high is None else high


def check_readable(
    trained: TrainedModel,
    length_N: NDArray[np.int64],
    place: Callable[[int], str],
    advice: str = "Cut or centre the windows.",
) -> None:
    """Check that a model can read windows.

    Parameters
    ----------
    trained
        The model.
    length_N
        (N,) lengths of the windows.
    place
        Says where a window comes from, for the message.
    advice
        Last sentence of the message for windows that are too long.

    Raises
    ------
    UserError
        If it cannot; the message has the first such window, their number, and the range.
    """
    low, high = readable(trained)
    wrong = np.flatnonzero((length_N < low) | (length_N > high))
    if not len(wrong):
        return
    first = int(wrong[0])
    is_short = length_N[first] < low
    others = len(wrong) - 1
    more = f" (and {others:,} more {plural('window', others)})" if others else ""
    reads = f"{low:,} nt" if low == high else f"{low:,} to {high:,} nt"
    raise UserError(
        f"{place(first)}{more}: {length_N[first]:,} letters; the model reads windows of {reads}. "
        + ("Give a longer piece of the RNA." if is_short else advice)
    )


def length_notes(
    trained: TrainedModel,
    length_M: NDArray[np.int64],
    cut: Fitted | None = None,
    fit: Fit | None = None,
) -> Iterator[str]:
    """Say what was done with windows of other lengths than those in training.

    Parameters
    ----------
    trained
        The model.
    length_M
        (M,) lengths of the windows as they were scored.
    cut, fit
        The windows after cutting, and how they were cut; None if they were not.

    Yields
    ------
    str
        Sentences; none if all windows are as in training.
    """
    too_long, overlapping = (cut.too_long, cut.overlapping) if cut else (0, 0)
    longer = f"{counted(too_long, 'window', then='were')} longer than {trained.length:,} nt"
    if too_long and fit == "tile":
        yield f"{longer}: all was scored, in tiles of that length (a row each, with its start)"
        if overlapping:
            yield f"the last tile of {counted(overlapping, 'window')} overlaps the one before"
    elif too_long:
        yield f"{longer}: only the {'centre' if fit == 'centre' else 'beginning'} was scored"
    if len(np.unique(length_M)) > 1:
        yield (
            f"windows of {length_M.min():,} to {length_M.max():,} nt were padded in batches; the "
            "padding changes no score"
        )
    outside_M = length_M[(length_M < trained.shortest) | (length_M > trained.length)]
    if len(outside_M):
        yield (
            f"{counted(len(outside_M), 'window', len(length_M), 'have')} {span(outside_M)}, and "
            f"the model was trained on {trained.lengths}: how good it is there is unknown"
        )


def span(length_N: NDArray[np.int64]) -> str:
    """Return lengths in words, such as "60 nt" or "20 to 90 nt"."""
    low, high = int(length_N.min()), int(length_N.max())
    return f"{low:,} nt" if low == high else f"{low:,} to {high:,} nt"
