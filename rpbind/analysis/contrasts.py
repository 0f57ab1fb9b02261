"""The contrasts of a plan with their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rpbind.analysis.tuned import TunedContrast
from rpbind.ledger import Plan
from rpbind.recipe import Recipe
from rpbind.split_spec import folds_in
from rpbind.statistics.collapse import Key, collapse_rates
from rpbind.statistics.contrast import Result
from rpbind.statistics.coverage import OpenStates
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.table import PairedTable, Runs, pair, weights_of
from rpbind.statistics.verdict import FEW_CLUSTERS, SCREENING_SEEDS, Verdict, verdicts


@dataclass(frozen=True)
class Contrast:
    """One comparison of arms with its verdict.

    Parameters
    ----------
    paired
        Differences per paired seed and protein cluster, in AUROC.
    result
        Two-way interval, or that over folds, or why there is none.
    verdict
        Verdict after Holm's correction.
    change
        What was changed from the reference to the arm, in words; empty for a weighted contrast.
    diff
        {path of a hyperparameter: (the arm's value, the reference's value)}.
    """

    paired: PairedTable
    result: Result
    verdict: Verdict
    change: str
    diff: dict[str, tuple[Any, Any]]

    @property
    def is_screening(self) -> bool:
        """Whether so few seeds are paired that the verdict only shows what to examine next."""
        return self.paired.n <= SCREENING_SEEDS

    @property
    def unit(self) -> str:
        """What is paired."""
        return "seed" if self.paired.folds is None else "fold"


def few_clusters(contrasts: Sequence[Contrast | TunedContrast]) -> int | None:
    """Return the smallest number of protein clusters of any contrast if it is below 20.

    Parameters
    ----------
    contrasts
        Contrasts of a study; those without a pair are ignored.

    Returns
    -------
    int or None
        The number; None if every contrast has 20 protein clusters or more.
    """
    sizes = [len(c.paired.clusters) for c in contrasts if c.paired.n]
    return min(sizes) if sizes and min(sizes) < FEW_CLUSTERS else None


def judge_contrasts(
    plan: Plan, runs: Runs, under_way: OpenStates, collapsed: frozenset[Key]
) -> tuple[Contrast, ...]:
    """Return a plan's contrasts with their verdicts; they are one family of hypotheses."""
    arms = {arm.name: arm for arm in plan.arms}
    recipes = {name: Recipe.model_validate(arm.recipe) for name, arm in arms.items()}
    folds = folds_in(plan.split)
    pairs = [pair(contrast, runs, plan.seeds, under_way, folds) for contrast in plan.contrasts]
    results = [paired.result for paired in pairs]
    counted = [collapse_rates(weights_of(p.contrast), p.seeds, p.d_SG, collapsed) for p in pairs]
    alpha, staged = level_of(analysis_number(plan)), bool(plan.looks)
    judged = verdicts(results, plan.delta, alpha, counted, staged=staged)
    return tuple(
        Contrast(
            paired=paired,
            result=result,
            verdict=verdict,
            change="" if paired.contrast.weights else arms[paired.contrast.arm].change,
            diff={}
            if paired.contrast.weights
            else recipes[paired.contrast.arm].diff(recipes[paired.contrast.reference]),
        )
        for paired, result, verdict in zip(pairs, results, judged, strict=True)
    )
