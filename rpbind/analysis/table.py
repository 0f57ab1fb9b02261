"""Ledger rows to the paired table of each contrast: d[s, g], and what is missing from it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.analysis.contrast import Inert, Result, two_way
from rpbind.ledger import ContrastPlan, Plan, Row

Runs = Mapping[tuple[str, int], Row]
"""The row of every (arm, seed) that the plan asks for and the ledger has."""

IDENTICAL = 1e-6


@dataclass(frozen=True)
class Paired:
    """One contrast's table: `d_SG` = test AUROC(arm) - AUROC(reference) per seed and cluster.

    Of a contrast with weights, the weighted sum of its arms.
    """

    contrast: ContrastPlan
    seeds: tuple[int, ...]
    clusters: tuple[int, ...]
    d_SG: NDArray[np.float64]
    planned: int
    dropped: int
    missing: tuple[str, ...]
    identical: bool

    @property
    def result(self) -> Result:
        """The interval of the table, or why there is none."""
        return Inert() if self.identical else two_way(self.d_SG)

    @property
    def by_cluster(self) -> dict[int, float]:
        """The mean difference over seeds of each protein cluster; empty where nothing pairs."""
        if not self.seeds:
            return {}
        return dict(zip(self.clusters, self.d_SG.mean(axis=0).tolist(), strict=True))

    @property
    def coverage(self) -> str:
        """How many seeds are paired, and why the others are not: "4 of 5 seeds: ..."."""
        told = f"{len(self.seeds)} of {self.planned} seeds"
        return ": ".join([told, "; ".join(self.missing)]) if self.missing else told


def planned_runs(plan: Plan, rows: list[Row]) -> tuple[dict[tuple[str, int], Row], list[Row]]:
    """Return the rows that the plan asks for by (arm, seed), and the rows that it does not."""
    recipes = {arm.name: arm.recipe_id for arm in plan.arms}
    planned = set(plan.planned)
    runs: dict[tuple[str, int], Row] = {}
    others: list[Row] = []
    for row in rows:
        if (row.arm, row.seed) in planned and row.recipe_id == recipes[row.arm]:
            runs[row.arm, row.seed] = row
        else:
            others.append(row)
    return runs, others


def cluster_auroc(row: Row, part: str = "test") -> dict[int, float]:
    """Return {protein cluster: mean AUROC of its proteins on a part}, without what has none."""
    scores: dict[int, list[float]] = defaultdict(list)
    for score in row.proteins:
        if score.part == part and score.auroc is not None and math.isfinite(score.auroc):
            scores[score.cluster].append(score.auroc)
    return {cluster: float(np.mean(values)) for cluster, values in sorted(scores.items())}


def pair(contrast: ContrastPlan, runs: Runs, seeds: tuple[int, ...]) -> Paired:
    """Pair a contrast's runs by seed, over the clusters that have an AUROC in all of them."""
    weights = weights_of(contrast)
    missing = {seed: _missing(weights, runs, seed) for seed in seeds}
    paired = tuple(seed for seed in seeds if not missing[seed])
    scores = {(a, s): cluster_auroc(runs[a, s]) for a in weights for s in paired}
    every = {cluster for each in scores.values() for cluster in each}
    shared = sorted(c for c in every if all(c in each for each in scores.values()))
    d_SG = [
        [sum(w * scores[a, seed][c] for a, w in weights.items()) for c in shared] for seed in paired
    ]
    return Paired(
        contrast=contrast,
        seeds=paired,
        clusters=tuple(shared),
        d_SG=np.array(d_SG, dtype=np.float64).reshape(len(paired), len(shared)),
        planned=len(seeds),
        dropped=len(every) - len(shared),
        missing=tuple(why for why in missing.values() if why),
        identical=bool(paired) and all(_identical(weights, runs, seed) for seed in paired),
    )


def weights_of(contrast: ContrastPlan) -> dict[str, float]:
    """Return how much each arm counts in a contrast: +1 and -1 of arm and reference."""
    return contrast.weights or {contrast.arm: 1.0, contrast.reference: -1.0}


def _missing(weights: Mapping[str, float], runs: Runs, seed: int) -> str:
    reasons = [_why_not(name, runs.get((name, seed))) for name in weights]
    told = ", ".join(reason for reason in reasons if reason)
    return f"seed {seed}: {told}" if told else ""


def _why_not(name: str, row: Row | None) -> str:
    if row is None:
        return f"{name} was not run"
    if row.state != "done":
        first = row.error.strip().split("\n")[0]
        return f"{name} {row.state}" + (f" ({first})" if first else "")
    return "" if cluster_auroc(row) else f"{name} has no per-protein AUROC on test"


def _identical(weights: Mapping[str, float], runs: Runs, seed: int) -> bool:
    # The ledger keeps no raw scores. Two runs count as having scored identically where the test
    # loss and every protein's AUROC and AUPRC agree to 1e-6: the loss moves by no more than the
    # scores do, float noise trades few ranks, and equal ranks alone do not do.
    scores = {name: _scores(runs[name, seed]) for name in weights}
    first, *others = scores.values()
    if "loss" not in first or any(other.keys() != first.keys() for other in others):
        return False
    return all(_cancel([(w, scores[name][key]) for name, w in weights.items()]) for key in first)


def _scores(row: Row) -> dict[Any, float | None]:
    scores: dict[Any, float | None] = {}
    if "test.loss" in row.metrics:
        scores["loss"] = row.metrics["test.loss"]
    for score in row.proteins:
        if score.part == "test":
            scores[score.protein, "auroc"] = score.auroc
            scores[score.protein, "auprc"] = score.auprc
    return scores


def _cancel(told: list[tuple[float, float | None]]) -> bool:
    known = [(weight, value) for weight, value in told if value is not None]
    if len(known) < len(told):
        return not known
    return abs(sum(weight * value for weight, value in known)) <= IDENTICAL
