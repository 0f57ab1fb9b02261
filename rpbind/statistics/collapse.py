"""Collapsed runs: which runs collapsed, the upper limit of the rate, and a test of two rates.

With few seeds, a rare collapse is usually not in the sample, so a mean difference cannot exclude
it: an arm that collapses in 10 % of its seeds shows no collapse in 5 seeds in 59 % of studies.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import fisher_exact

from rpbind.ledger import Row
from rpbind.ledger.scores import ProteinScores

CHANCE_ERRORS = 3.0
"""Standard errors above 0.5 that count as within noise of chance level."""
OUTLIER_SDS = 5.0
"""Robust standard deviations below its arm's median at which a run counts as collapsed. Normal
noise reaches them in 1 % of studies of two arms with 3 to 20 seeds."""
MAD_TO_SD = 1.4826
"""Standard deviation of normal noise, in units of its median absolute deviation."""
CONFIDENCE = 0.95

Key = tuple[str, int]
"""An arm and its seed (or search, or configuration)."""


@dataclass(frozen=True)
class CollapseCount:
    """How many of an arm's runs collapsed.

    Parameters
    ----------
    arm
        The arm's name.
    collapsed
        Number of collapsed runs.
    runs
        Number of runs.
    """

    arm: str
    collapsed: int
    runs: int

    @property
    def limit(self) -> float:
        """One-sided 95 % upper limit of the arm's collapse rate (Clopper & Pearson 1934)."""
        if self.collapsed >= self.runs:
            return 1.0
        return float(betaincinv(self.collapsed + 1, self.runs - self.collapsed, CONFIDENCE))


@dataclass(frozen=True)
class RateTest:
    """The hypothesis that the two sides of a contrast collapse equally often."""

    arm: CollapseCount
    reference: CollapseCount

    @property
    def p(self) -> float:
        """Two-sided p of Fisher's exact test."""
        sides = (self.arm, self.reference)
        table = np.array([[side.collapsed, side.runs - side.collapsed] for side in sides])
        return float(fisher_exact(table).pvalue)


@dataclass(frozen=True)
class CollapseRates:
    """The collapsed runs behind a contrast.

    Parameters
    ----------
    plus
        Counts of the arms with a positive weight.
    minus
        Counts of the arms with a negative weight.
    trained
        Mean difference over the seeds in which no run collapsed; None if there are none.
    pairs
        Number of those seeds.
    """

    plus: tuple[CollapseCount, ...]
    minus: tuple[CollapseCount, ...] = ()
    trained: float | None = None
    pairs: int = 0

    @property
    def counts(self) -> tuple[CollapseCount, ...]:
        """The counts of all arms."""
        return self.plus + self.minus

    @property
    def has_collapses(self) -> bool:
        """Whether a run collapsed."""
        return any(count.collapsed for count in self.counts)

    @property
    def rate_test(self) -> RateTest | None:
        """The test of equal rates, if one side has collapsed runs and the other none; else None."""
        arm, reference = _sum(self.plus), _sum(self.minus)
        if not arm.runs or not reference.runs:
            return None
        return (
            RateTest(arm, reference) if bool(arm.collapsed) != bool(reference.collapsed) else None
        )


def _sum(counts: Sequence[CollapseCount]) -> CollapseCount:
    return CollapseCount(
        " + ".join(count.arm for count in counts),
        sum(count.collapsed for count in counts),
        sum(count.runs for count in counts),
    )


def chance_limit(rows: Iterable[Row], part: str = "test") -> float:
    """Return the headline AUROC below which a run is within noise of chance level.

    It is 0.5 plus 3 standard errors of the mean over clusters, for the run with the largest one.
    The variance of one protein's AUROC under chance is that of Mann and Whitney (1947).
    """
    return max((_chance(row, part) for row in rows), default=0.5)


def _chance(row: Row, part: str) -> float:
    scores = ProteinScores.of(row.proteins)
    has_N = scores.on(part) & np.isfinite(scores.auroc_N)
    if not has_N.any():
        return 0.5
    bound_N = np.maximum(scores.positives_N[has_N], 1)
    unbound_N = np.maximum(scores.windows_N[has_N] - bound_N, 1)
    variance_N = (bound_N + unbound_N + 1) / (12 * bound_N * unbound_N)
    _, index_N, count_G = np.unique(scores.cluster_N[has_N], return_inverse=True,
                                    return_counts=True)  # fmt: skip
    variance_G = np.bincount(index_N, weights=variance_N) / count_G**2
    return 0.5 + CHANCE_ERRORS * math.sqrt(variance_G.sum()) / len(count_G)


def find_collapsed(score: Mapping[Key, float], chance: float) -> frozenset[Key]:
    """Return the collapsed runs of a study, from {run: headline AUROC}.

    A run collapsed if its AUROC is within noise of chance, or more than 5 robust standard
    deviations below its arm's median. The standard deviation is estimated from the absolute
    deviations of all runs from the medians of their arms. Two kinds are left out: the smallest
    deviation of each arm, because the median is computed from that run, and arms whose median is
    within noise of chance, because their runs do not train.
    """
    arms: dict[str, list[float]] = defaultdict(list)
    for (arm, _), value in score.items():
        arms[arm].append(value)
    median = {arm: float(np.median(values)) for arm, values in arms.items()}
    trains = {arm: values for arm, values in arms.items() if median[arm] > chance}
    sizes = [sorted(abs(v - median[arm]) for v in values)[1:] for arm, values in trains.items()]
    every = [size for each in sizes for size in each]
    far = OUTLIER_SDS * MAD_TO_SD * float(np.median(every)) if every else 0.0
    return frozenset(
        (arm, seed)
        for (arm, seed), value in score.items()
        if value <= chance or (far > 0 and median[arm] - value > far)
    )


def collapsed_runs(runs: Mapping[Key, Row]) -> frozenset[Key]:
    """Return the collapsed runs of a study.

    Parameters
    ----------
    runs
        {(arm, seed): row}; runs that are not done or have no test scores are left out.

    Returns
    -------
    frozenset[Key]
        The (arm, seed) of the collapsed runs.
    """
    score = {}
    for key, row in runs.items():
        if row.state == "done" and (
            clusters := ProteinScores.of(row.proteins).cluster_auroc("test")
        ):
            score[key] = float(np.mean(list(clusters.values())))
    return find_collapsed(score, chance_limit(runs[key] for key in score))


def count_collapsed(arm: str, seeds: Iterable[int], collapsed: frozenset[Key]) -> CollapseCount:
    """Count an arm's collapsed runs among these seeds."""
    mine = list(seeds)
    return CollapseCount(arm, sum((arm, seed) in collapsed for seed in mine), len(mine))


def collapse_rates(
    weights: Mapping[str, float],
    seeds: Sequence[int],
    d_SG: NDArray[np.float64],
    collapsed: frozenset[Key],
) -> CollapseRates:
    """Return the collapsed runs behind a contrast.

    Parameters
    ----------
    weights
        {arm: its weight in the contrast}.
    seeds
        The S paired seeds (or searches, or configurations).
    d_SG
        (S, G) differences per seed and protein cluster.
    collapsed
        The collapsed runs of the study.

    Returns
    -------
    CollapseRates
        Counts per arm, and the mean difference without collapsed runs.
    """
    whole = [
        n for n, seed in enumerate(seeds) if not any((arm, seed) in collapsed for arm in weights)
    ]
    table = d_SG[whole]
    return CollapseRates(
        tuple(
            count_collapsed(arm, seeds, collapsed) for arm, weight in weights.items() if weight > 0
        ),
        tuple(
            count_collapsed(arm, seeds, collapsed) for arm, weight in weights.items() if weight < 0
        ),
        float(table.mean()) if table.size else None,
        len(whole),
    )
