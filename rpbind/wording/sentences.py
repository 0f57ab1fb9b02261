"""A sentence of the answer, and the size of a difference in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rpbind.statistics.verdict import Size, Verdict
from rpbind.wording import verdicts, words

Tone = Literal["better", "worse", "same", "open", "found"]
"""What a sentence says of a difference; "found" for a score without one."""

SIGNS: dict[Tone, str] = {"better": "▲", "worse": "▼", "same": "=", "open": "?", "found": "•"}
LEFT_OPEN: dict[Size | None, str] = {
    "size uncertain": "; it may be smaller than delta, {delta}",
    "detectable but negligible": "; less than delta, {delta}, so too little to matter",
}


@dataclass(frozen=True)
class Sentence:
    """One sentence of the answer.

    Parameters
    ----------
    tone
        What it says of a difference.
    text
        The sentence, without its full stop.
    about
        What is compared, where the sentence does not say it; else empty.
    """

    tone: Tone
    text: str
    about: str = ""

    @property
    def sign(self) -> str:
        """The sign of its tone."""
        return SIGNS[self.tone]


def size(verdict: Verdict) -> str:
    """Return the size of a difference and its interval, without signs: "0.390 (0.301 to 0.478)"."""
    mean, ends = verdict.mean or 0.0, verdict.possible_ci
    if ends is None:
        return words.number(abs(mean))
    low, high = ends if mean >= 0 else (-ends[1], -ends[0])
    digits = 3 if min(abs(low), abs(high), abs(mean)) >= 0.0005 else 4
    shown = [words.number(value, digits) for value in (abs(mean), low, high)]
    cut = verdicts.CUT if verdict.is_cut else ""
    return f"{shown[0]} ({shown[1]} to {shown[2]}{cut})"


def left_open(verdict: Verdict, delta: float) -> str:
    """Return what a difference leaves open about its size, as the end of a sentence; or ""."""
    return LEFT_OPEN.get(verdict.size, "").format(delta=words.number(delta))
