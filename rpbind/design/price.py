"""The price of a study, before it runs: its runs and time, and what its seeds can detect."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtrit

from rpbind.design.runs import Runs
from rpbind.design.runs import Timing as Timing
from rpbind.design.runs import check_size as check_size
from rpbind.design.runs import span as span
from rpbind.statistics.power import mde
from rpbind.statistics.verdict import ALPHA, FEW_CLUSTERS, SCREENING_SEEDS

CLAIMS = 10
ENOUGH = 5
"""With fewer units that pair the arms, only enormous differences can be detected."""
"""Seeds from which a study can support claims."""


@dataclass(frozen=True)
class Price(Runs):
    """The numbers of a study's runs, and what its seeds can detect."""

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
