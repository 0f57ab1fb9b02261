"""From ledger rows to the paired table d[s, g] of each contrast, and what is missing from it.

Shapes: S paired seeds, G protein clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import reason
from rpbind.ledger import ContrastPlan, Plan, Row
from rpbind.ledger.scores import ProteinScores
from rpbind.split_spec import SplitSpec, folds_in
from rpbind.statistics.between_folds import between_folds, differences_by_fold
from rpbind.statistics.contrast import Inert, Result, two_way
from rpbind.statistics.coverage import NO_STATES, OpenStates, state_of
from rpbind.statistics.identical import is_identical

Runs = Mapping[tuple[str, int], Row]
"""{(arm, seed): row} of the planned runs that have a row."""


@dataclass(frozen=True)
class PairedTable:
    """The table of one contrast.

    Parameters
    ----------
    contrast
        The contrast.
    seeds
        The S paired seeds.
    clusters
        The G protein clusters with an AUROC in all paired runs.
    d_SG
        (S, G) test AUROC of the arm minus that of the reference, or the weighted sum of arms.
    planned
        Number of planned seeds.
    dropped
        Number of clusters without an AUROC in some paired run.
    missing
        Why the other seeds are not paired, one sentence each.
    identical
        Whether all paired runs have identical scores.
    folds
        The folds, one per seed; None if all runs have the same split.
    by_fold
        {seed: mean difference over the clusters that its own fold scores}; empty without folds.
    """

    contrast: ContrastPlan
    seeds: tuple[int, ...]
    clusters: tuple[int, ...]
    d_SG: NDArray[np.float64]
    planned: int
    dropped: int
    missing: tuple[str, ...]
    identical: bool
    folds: SplitSpec | None = None
    by_fold: Mapping[int, float] = field(default_factory=dict)

    @property
    def result(self) -> Result:
        """The interval of the table, or why there is none."""
        if self.identical:
            return Inert()
        if self.folds is not None:
            return between_folds(self.by_fold, self.folds, bound_of(self.contrast))
        return two_way(self.d_SG, bound_of(self.contrast))

    @property
    def n(self) -> int:
        """The number of paired seeds."""
        return len(self.seeds)

    @property
    def by_cluster(self) -> dict[int, float]:
        """{protein cluster: mean difference over seeds}; empty if no seed is paired."""
        if not self.seeds:
            return {}
        return dict(zip(self.clusters, self.d_SG.mean(axis=0).tolist(), strict=True))

    @property
    def coverage(self) -> str:
        """How many seeds are paired, and why the others are not: "4 of 5 seeds: ..."."""
        text = f"{len(self.seeds)} of {self.planned} seeds"
        return f"{text}: {'; '.join(self.missing)}" if self.missing else text


def planned_runs(plan: Plan, rows: list[Row]) -> tuple[dict[tuple[str, int], Row], list[Row]]:
    """Divide rows into those of planned runs and others.

    Rows of another recipe, dataset, split or embedding store are not those of planned runs.

    Parameters
    ----------
    plan
        The study's plan.
    rows
        Of stage "ablation".

    Returns
    -------
    tuple[dict[tuple[str, int], Row], list[Row]]
        {(arm, seed): row}, and the other rows.
    """
    recipes = {arm.name: arm.recipe_id for arm in plan.arms}
    planned, ours = set(plan.planned), _of_the_data(plan)
    runs: dict[tuple[str, int], Row] = {}
    others: list[Row] = []
    for row in rows:
        wanted = (row.arm, row.seed) in planned and row.recipe_id == recipes[row.arm]
        if wanted and ours(row):
            runs[row.arm, row.seed] = row
        else:
            others.append(row)
    return runs, others


def _of_the_data(plan: Plan) -> Callable[[Row], bool]:
    allowed = {
        "dataset": {plan.dataset},
        "bank": set(plan.proteins_note.split(", ")) if plan.proteins_note else set(),
    }
    # rows of runs that never started have no provenance
    known = {key: values for key, values in allowed.items() if values}
    folds = folds_in(plan.split)

    def is_ours(row: Row) -> bool:
        split = row.provenance.get("split", plan.split)
        right = split == plan.split or (folds is not None and folds.is_of_run(split, row.seed))
        return right and all(
            row.provenance.get(key) in {None, *values} for key, values in known.items()
        )

    return is_ours


def cluster_auroc(row: Row, part: str = "test") -> dict[int, float]:
    """Return the mean AUROC of each protein cluster in one run.

    Parameters
    ----------
    row
        The run's row.
    part
        Such as "test".

    Returns
    -------
    dict[int, float]
        {cluster: mean over its proteins with an AUROC}; clusters without one are left out.
    """
    return ProteinScores.of(row.proteins).cluster_auroc(part)


def pair(
    contrast: ContrastPlan,
    runs: Runs,
    seeds: tuple[int, ...],
    under_way: OpenStates = NO_STATES,
    folds: SplitSpec | None = None,
) -> PairedTable:
    """Pair the runs of a contrast by seed.

    Parameters
    ----------
    contrast
        The contrast.
    runs
        {(arm, seed): row}.
    seeds
        The planned seeds.
    under_way
        States of runs without a row.
    folds
        The folds, if runs have one split each.

    Returns
    -------
    PairedTable
        Of the clusters that have an AUROC in all paired runs.
    """
    weights = weights_of(contrast)
    missing = {seed: _missing(weights, runs, seed, under_way) for seed in seeds}
    paired = tuple(seed for seed in seeds if not missing[seed])
    scores = {(a, s): cluster_auroc(runs[a, s]) for a in weights for s in paired}
    shared = sorted(set.intersection(*map(set, scores.values()))) if scores else []
    every = {cluster for each in scores.values() for cluster in each}
    d_SG = [
        [sum(w * scores[a, seed][c] for a, w in weights.items()) for c in shared] for seed in paired
    ]
    return PairedTable(
        contrast=contrast,
        seeds=paired,
        clusters=tuple(shared),
        d_SG=np.array(d_SG, dtype=np.float64).reshape(len(paired), len(shared)),
        planned=len(seeds),
        dropped=len(every) - len(shared),
        missing=tuple(why for why in missing.values() if why),
        identical=bool(paired)
        and all(is_identical(weights, {a: runs[a, seed] for a in weights}) for seed in paired),
        folds=folds,
        by_fold=differences_by_fold(weights, scores, paired) if folds else {},
    )


def weights_of(contrast: ContrastPlan) -> dict[str, float]:
    """Return the weights of a contrast.

    Parameters
    ----------
    contrast
        The contrast.

    Returns
    -------
    dict[str, float]
        {arm: weight}; +1 and -1 for arm and reference, unless the contrast has weights.
    """
    return contrast.weights or {contrast.arm: 1.0, contrast.reference: -1.0}


def bound_of(contrast: ContrastPlan) -> float:
    """Return the largest possible value of a contrast, since AUROCs are between 0 and 1."""
    return sum(weight for weight in weights_of(contrast).values() if weight > 0)


def _missing(weights: Mapping[str, float], runs: Runs, seed: int, under_way: OpenStates) -> str:
    reasons = [_why_not((name, seed), runs, under_way) for name in weights]
    text = ", ".join(reason for reason in reasons if reason)
    return f"seed {seed}: {text}" if text else ""


def _why_not(run: tuple[str, int], runs: Runs, under_way: OpenStates) -> str:
    row = runs.get(run)
    if row is None or row.state != "done":
        error = reason(row.error) if row else ""
        return f"{run[0]} {state_of(run, row, under_way)}" + (f" ({error})" if error else "")
    return "" if cluster_auroc(row) else f"{run[0]} has no per-protein AUROC on test"
