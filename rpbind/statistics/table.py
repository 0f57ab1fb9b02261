"""Ledger rows to the paired table of each contrast: d[s, g], and what is missing from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import reason
from rpbind.ledger import ContrastPlan, Plan, Row
from rpbind.ledger.scores import ProteinScores
from rpbind.statistics.contrast import Inert, Result, two_way
from rpbind.statistics.coverage import NO_STATES, OpenStates, state_of

Runs = Mapping[tuple[str, int], Row]
"""The row of every (arm, seed) that the plan asks for and the ledger has."""

SAME_SCORE = 1e-6


@dataclass(frozen=True)
class PairedTable:
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
        return Inert() if self.identical else two_way(self.d_SG, bound_of(self.contrast))

    @property
    def n(self) -> int:
        """How many seeds are paired."""
        return len(self.seeds)

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
    """Return the rows that the plan asks for by (arm, seed), and the rows that it does not.

    A row of other data, another split or other protein vectors is not the plan's.
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
        "split": {plan.split},
        "bank": set(plan.proteins_note.split(", ")) if plan.proteins_note else set(),
    }
    # a row that was never begun says nothing of its data
    known = {key: values for key, values in allowed.items() if values}
    return lambda row: all(
        key not in row.provenance or row.provenance[key] in values for key, values in known.items()
    )


def cluster_auroc(row: Row, part: str = "test") -> dict[int, float]:
    """Return {protein cluster: mean AUROC of its proteins on a part}, without what has none."""
    return ProteinScores.of(row.proteins).cluster_auroc(part)


def pair(
    contrast: ContrastPlan, runs: Runs, seeds: tuple[int, ...], under_way: OpenStates = NO_STATES
) -> PairedTable:
    """Pair a contrast's runs by seed, over the clusters that have an AUROC in all of them."""
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
        identical=bool(paired) and all(_is_identical(weights, runs, seed) for seed in paired),
    )


def weights_of(contrast: ContrastPlan) -> dict[str, float]:
    """Return how much each arm counts in a contrast: +1 and -1 of arm and reference."""
    return contrast.weights or {contrast.arm: 1.0, contrast.reference: -1.0}


def bound_of(contrast: ContrastPlan) -> float:
    """Return the largest value of a contrast, its arms' AUROCs being between 0 and 1."""
    return sum(weight for weight in weights_of(contrast).values() if weight > 0)


def _missing(weights: Mapping[str, float], runs: Runs, seed: int, under_way: OpenStates) -> str:
    reasons = [_why_not((name, seed), runs, under_way) for name in weights]
    told = ", ".join(reason for reason in reasons if reason)
    return f"seed {seed}: {told}" if told else ""


def _why_not(run: tuple[str, int], runs: Runs, under_way: OpenStates) -> str:
    row = runs.get(run)
    if row is None or row.state != "done":
        error = reason(row.error) if row else ""
        return f"{run[0]} {state_of(run, row, under_way)}" + (f" ({error})" if error else "")
    return "" if cluster_auroc(row) else f"{run[0]} has no per-protein AUROC on test"


def _is_identical(weights: Mapping[str, float], runs: Runs, seed: int) -> bool:
    # The ledger keeps no raw scores. Two runs count as having scored identically where the test
    # loss and every protein's AUROC and AUPRC agree to 1e-6: the loss moves by no more than the
    # scores do, float noise trades few ranks, and equal ranks alone do not do.
    losses = [
        (weight, runs[name, seed].metrics.get("test.loss")) for name, weight in weights.items()
    ]
    if any(loss is None for _, loss in losses) or not _sums_to_zero(losses):
        return False
    scores = {name: _scores(runs[name, seed]) for name in weights}
    first, *others = scores.values()
    if any(other.keys() != first.keys() for other in others):
        return False
    return all(
        _sums_to_zero([(w, scores[name][key]) for name, w in weights.items()]) for key in first
    )


def _scores(row: Row) -> dict[tuple[str, str], float | None]:
    scores: dict[tuple[str, str], float | None] = {}
    for score in row.proteins:
        if score.part == "test":
            scores[score.protein, "auroc"] = score.auroc
            scores[score.protein, "auprc"] = score.auprc
    return scores


def _sums_to_zero(told: list[tuple[float, float | None]]) -> bool:
    known = [(weight, value) for weight, value in told if value is not None]
    if len(known) < len(told):
        return not known
    return abs(sum(weight * value for weight, value in known)) <= SAME_SCORE
