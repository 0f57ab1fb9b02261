"""The price of a study, before it runs: its runs and time, and what its seeds can detect."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtrit

from rpbind.errors import UserError
from rpbind.statistics.power import mde
from rpbind.statistics.verdict import ALPHA, FEW_CLUSTERS, SCREENING_SEEDS

MANY = 10_000
"""A study with more runs needs --yes."""
CLAIMS = 10
ENOUGH = 5
"""With fewer units that pair the arms, only enormous differences can be detected."""
"""Seeds from which a study can support claims."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one run, and in words how they were measured."""

    seconds: float
    basis: str


@dataclass(frozen=True)
class Price:
    """The numbers of runs, contrasts and trials of a study.

    Parameters
    ----------
    arms
        Arms, trained controls and winners of searches.
    seeds
        Seeds per arm.
    contrasts
        Contrasts that are judged together.
    trials
        Runs of search trials.
    """

    arms: int
    seeds: int
    contrasts: int
    trials: int = 0

    @property
    def runs(self) -> int:
        """All runs, including those of trials."""
        return self.arms * self.seeds + self.trials

    def time(self, one: Timing, at_once: int, done: int = 0) -> str:
        """Return a sentence about the time of the remaining runs.

        Parameters
        ----------
        one
            The time of one run.
        at_once
            How many runs are trained at the same time.
        done
            How many runs are done already.

        Returns
        -------
        str
            Time in all, runs that are left, time per run, and how it was measured.
        """
        left = max(self.runs - done, 0)
        text = f", {done} of {self.runs} runs are done" if done else ""
        return (
            f"about {span(left * one.seconds / at_once)}: {left} x {span(one.seconds)}, {at_once} "
            f"at once{text}; {one.basis}"
        )

    def reach(self, delta: float, clusters: int, alpha: float = ALPHA, units: str = "seeds") -> str:
        """Return, in words, which differences the study can detect.

        Parameters
        ----------
        delta
            The largest difference that counts as negligible, in AUROC.
        clusters
            The number of protein clusters that are scored.
        alpha
            The level (alpha) of the whole report.
        units
            What pairs the arms: seeds, or the searches or configurations of tuned arms.

        Returns
        -------
        str
            The minimal detectable effect in standard deviations of the paired differences,
            and the largest standard deviation at which equivalence can be concluded; or why no
            verdict is possible.
        """
        S, K = self.seeds, self.contrasts
        if K == 0:
            return "none, because the design has no contrast"
        if S == 1:
            return (
                "with 1 seed, no verdict except inert is possible, because an interval needs at "
                "least 2 seeds; use --seeds 5"
            )
        if clusters == 1:
            return (
                "with 1 protein cluster, no verdict except inert is possible, because an interval "
                "needs at least 2 clusters; use data with more proteins, or another --split"
            )
        first, last = mde(S, alpha / K), mde(S, alpha)
        if S < ENOUGH:
            return (
                f"with {S} {units}{_standing(S)}, almost nothing can be shown: 5 or more are "
                f"needed. A difference must be at least {first:.1f} standard deviations (of the "
                f"paired differences between {units}) to be likely to be detected{_again(alpha)}"
            )
        holm = "" if K == 1 else f"; {last:.2f} in the last step of Holm's correction"
        equal = delta * math.sqrt(S) / -float(stdtrit(S - 1, alpha))
        return (
            f"with {S} {units}{_standing(S)} and {K} contrast{'' if K == 1 else 's'}, a difference "
            f"must be at least {first:.2f} standard deviations (of the paired differences between "
            f"{units}{holm}) to be detected with 80 % power; to conclude 'no meaningful effect' "
            f"(within {delta:g}), that standard deviation must be below {equal:.4f}. Differences "
            f"between protein clusters widen the interval further{_few(clusters)}{_again(alpha)}"
        )


def reach_of_folds(
    runs: int, folds: int, contrasts: int, delta: float, alpha: float = ALPHA
) -> str:
    """Return, in words, which differences a study over folds can detect.

    Parameters
    ----------
    runs
        J, the paired differences of a contrast.
    folds
        K.
    contrasts
        Contrasts that are judged together.
    delta
        The largest difference that counts as negligible, in AUROC.
    alpha
        The level (alpha) of the whole report.

    Returns
    -------
    str
        In standard deviations of the paired differences between folds.
    """
    if contrasts == 0:
        return "none, because the design has no contrast"
    error = math.sqrt(1 / runs + 1 / (folds - 2))  # see `rpbind.statistics.folds`
    first = (stdtrit(runs - 1, 1 - alpha / contrasts / 2) + stdtrit(runs - 1, 0.8)) * error
    equal = delta / (stdtrit(runs - 1, 1 - alpha) * error)
    many = f"{contrasts} contrast{'' if contrasts == 1 else 's'}"
    return (
        f"over {runs} folds in all and {many}, a difference must be about {float(first):.2f} "
        "standard deviations (of the paired differences between folds) to be detected with 80 % "
        f"power; to conclude 'no meaningful effect' (within {delta:g}), that standard deviation "
        f"must be below {float(equal):.4f}. The interval is about new windows of the same "
        f"proteins{_again(alpha)}"
    )


def check_size(price: Price, yes: bool) -> None:
    """Check that a study is not large by mistake.

    Parameters
    ----------
    price
        The numbers of its runs.
    yes
        Whether the user allows more than 10,000 runs.

    Raises
    ------
    UserError
        On more than 10,000 runs without `yes`.
    """
    if price.runs > MANY and not yes:
        raise UserError(
            f"This design takes {price.runs:,} runs ({price.arms} arms x {price.seeds} seeds and "
            f"{price.trials:,} trials), more than {MANY:,}. Use fewer seeds, arms or trials, or "
            "add --yes to allow it."
        )


def span(seconds: float) -> str:
    """Return a time with its unit: "40 s", "3.5 min", "2.0 h"."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def _few(clusters: int) -> str:
    if clusters >= FEW_CLUSTERS:
        return ""
    return (
        f"; with only {clusters} protein clusters (below {FEW_CLUSTERS}), their variance is poorly "
        "known"
    )


def _again(alpha: float) -> str:
    return (
        ""
        if alpha == ALPHA
        else f". This is a further analysis, so the level is {alpha:.2g} instead of {ALPHA:g}"
    )


def _standing(seeds: int) -> str:
    if seeds <= SCREENING_SEEDS:
        return " (screening)"
    return "" if seeds < CLAIMS else " (enough for claims)"
