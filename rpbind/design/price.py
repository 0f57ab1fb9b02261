"""What a design costs and what its seeds can tell, said before anything is spent."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtrit

from rpbind.errors import UserError
from rpbind.statistics.power import mde
from rpbind.statistics.verdict import ALPHA, FEW_CLUSTERS, SCREENING_SEEDS

MANY = 10_000
CLAIMS = 10
"""Seeds of a study that claims something."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one run, and how they came to be known."""

    seconds: float
    how: str


@dataclass(frozen=True)
class Price:
    """A design's runs with so many seeds per arm, and its search trials."""

    arms: int
    seeds: int
    contrasts: int
    trials: int = 0

    @property
    def runs(self) -> int:
        """Runs and trials together."""
        return self.arms * self.seeds + self.trials

    def time(self, one: Timing, at_once: int, done: int = 0) -> str:
        """Return how long it takes where `at_once` runs go side by side and some are done."""
        left = max(self.runs - done, 0)
        told = f", {done} of {self.runs} runs are done" if done else ""
        return (
            f"about {span(left * one.seconds / at_once)}: {left} x {span(one.seconds)}, {at_once} "
            f"at once{told}; {one.how}"
        )

    def reach(self, delta: float, clusters: int, alpha: float = ALPHA) -> str:
        """Return which verdicts can be reached; sd is that of the paired differences.

        `clusters` are the protein clusters that are scored, `alpha` the level of the whole report.
        """
        S, K = self.seeds, self.contrasts
        if K == 0:
            return "none is asked for: the design has no contrast"
        if S == 1:
            return (
                "1 seed: NO verdict but inert can be reached, whatever comes out, for an interval "
                "needs 2; ask for --seeds 5"
            )
        if clusters == 1:
            return (
                "1 protein cluster: NO verdict but inert can be reached, whatever comes out, for "
                "an interval needs 2; take data with more proteins, or another --split"
            )
        first, last = mde(S, alpha / K), mde(S, alpha)
        told = f"{last:.2f} sd" if K == 1 else f"{first:.2f} sd first, {last:.2f} sd last (Holm)"
        equal = delta * math.sqrt(S) / -float(stdtrit(S - 1, alpha))
        return (
            f"{S} seeds x {K} contrasts{_standing(S)}: better or worse shows from {told} on, with "
            f"80 % power; no meaningful effect (within {delta:g}) needs an sd below {equal:.4f}. "
            "sd is that of a contrast's paired differences between seeds; proteins that differ "
            f"widen it{_few(clusters)}{_again(alpha)}"
        )


def check_size(price: Price, yes: bool) -> None:
    """Raise `UserError` on more than 10,000 runs, unless they are meant."""
    if price.runs > MANY and not yes:
        raise UserError(
            f"This design takes {price.runs:,} runs ({price.arms} arms x {price.seeds} seeds and "
            f"{price.trials:,} trials), more than {MANY:,}. Ask for fewer seeds, arms or trials, "
            "or say --yes if it is meant."
        )


def span(seconds: float) -> str:
    """Return a time in words: "40 s", "3.5 min", "2.0 h"."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def _few(clusters: int) -> str:
    if clusters >= FEW_CLUSTERS:
        return ""
    return f", and with {clusters} protein clusters (below 20) how they differ is poorly known"


def _again(alpha: float) -> str:
    return "" if alpha == ALPHA else f". It is judged again: at level {alpha:.2g}, not {ALPHA:g}"


def _standing(seeds: int) -> str:
    if seeds <= SCREENING_SEEDS:
        return " (screening)"
    return "" if seeds < CLAIMS else " (enough for claims)"
