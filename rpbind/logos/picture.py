"""What is drawn of one window: its letters, the effect of each substitution, the attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST_KEYS = 40
"""A stored map of attention has at most so many keys; neighbours are summed."""


@dataclass(frozen=True)
class Picture:
    """The numbers that the page shows about one window of L nucleotides.

    Parameters
    ----------
    protein
        Name of the protein.
    model
        Name of the model.
    letters
        The L letters of the window.
    substitutes
        The letters that are put in.
    change
        (L, number of substitutes) change of the logit.
    span
        (start, stop) of the top span, from 0; equal numbers if there is none.
    attention
        (L, number of keys) attention weights, mean over heads; None if there are none to show.
    keys
        Names of the keys.
    sentences
        What was found, in sentences.
    strongest
        (name, change of the logit) of the strongest substitutions.
    """

    protein: str
    model: str
    letters: str
    substitutes: str
    change: Sequence[Sequence[float]]
    span: tuple[int, int]
    attention: Sequence[Sequence[float]] | None
    keys: tuple[str, ...]
    sentences: tuple[str, ...]
    strongest: tuple[tuple[str, float], ...]

    @property
    def support(self) -> list[float]:
        """How far each letter raises the logit: minus the mean change by the other letters."""
        others = [len(self.substitutes) - (own in self.substitutes) for own in self.letters]
        return [-sum(row) / n for row, n in zip(self.change, others, strict=True)]

    def short(self) -> Picture:
        """Return it with rounded numbers, and with neighbouring keys summed to at most 40.

        Returns
        -------
        Picture
            As it is stored beside a report: a protein can have a thousand keys.
        """
        change = [[round(value, 4) for value in row] for row in self.change]
        if self.attention is None:
            return replace(self, change=change)
        ends = _ends(len(self.keys))
        weights = [[round(sum(row[a:b]), 5) for a, b in ends] for row in self.attention]
        keys = tuple(_joined(self.keys[a], self.keys[b - 1]) for a, b in ends)
        return replace(self, change=change, attention=weights, keys=keys)


def _ends(count: int) -> list[tuple[int, int]]:
    parts = min(count, MOST_KEYS)
    return [(n * count // parts, (n + 1) * count // parts) for n in range(parts)]


def _joined(first: str, last: str) -> str:
    """Return the name of a run of keys: "K12 to V15", "1-10" of "1-5" and "6-10"."""
    if first == last:
        return first
    if "-" in first and "-" in last:
        return f"{first.partition('-')[0]}-{last.partition('-')[2]}"
    return f"{first} to {last}"
