"""A comparison behind a claim, before it has a verdict.

Shapes: S paired seeds, G protein clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.split_spec import SplitSpec
from rpbind.statistics.between_folds import between_folds
from rpbind.statistics.collapse import CollapseRates, Key, collapse_rates
from rpbind.statistics.contrast import Inert, Result, Unattainable, two_way

SeedClusterScores = dict[int, dict[int, float]]
"""{seed: {protein cluster: AUROC}}."""


@dataclass(frozen=True)
class PlannedComparison:
    """A comparison that has no verdict yet: the arm's scores (`mine`) minus other scores.

    `minus` names the other side, `absent` says why the comparison is missing if no seed is paired,
    and `trained` is the name of the control behind the other scores if it was trained.
    """

    arm: str
    minus: str
    mine: SeedClusterScores
    other: SeedClusterScores
    absent: str
    inert: bool = False
    trained: str = ""
    folds: SplitSpec | None = None

    @property
    def table(self) -> tuple[list[int], list[int]]:
        """The seeds that both sides have, and the clusters with an AUROC in all their runs."""
        seeds = sorted(self.mine.keys() & self.other.keys())
        scored = [scores[seed].keys() for scores in (self.mine, self.other) for seed in seeds]
        return seeds, sorted(set[int]().union(*scored).intersection(*scored)) if scored else []

    @property
    def d_SG(self) -> NDArray[np.float64]:
        """(S, G) differences in AUROC per seed and protein cluster."""
        seeds, clusters = self.table
        d_SG = [[self.mine[s][c] - self.other[s][c] for c in clusters] for s in seeds]
        return np.array(d_SG, dtype=np.float64).reshape(len(seeds), len(clusters))

    @property
    def result(self) -> Result:
        """The interval, two-way or over folds, or why it cannot be computed."""
        if not self.table[0]:
            return Unattainable(None, self.absent)
        if self.inert:
            return Inert()
        if self.folds is not None:
            return between_folds(self.by_fold, self.folds)
        return two_way(self.d_SG)

    @property
    def by_fold(self) -> dict[int, float]:
        """{seed: mean difference over the clusters that its own fold scores}."""
        mine, other = self.mine, self.other
        return {
            s: float(np.mean([mine[s][c] - other[s][c] for c in shared]))
            for s in self.table[0]
            if (shared := mine[s].keys() & other[s].keys())
        }

    def rates(self, collapsed: frozenset[Key]) -> CollapseRates:
        """Return the collapse rates of the arm and, if it was trained, of the control."""
        weights = {self.arm: 1.0} | ({self.trained: -1.0} if self.trained else {})
        return collapse_rates(weights, self.table[0], self.d_SG, collapsed)
