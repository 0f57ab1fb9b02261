"""Each arm by itself: its headline metric per seed, secondary metrics and learning curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rpbind.analysis.experiments import Experiment, experiment_scores
from rpbind.audit.regions import regions_in
from rpbind.ledger import ArmPlan, Plan, Row
from rpbind.ledger.scores import ProteinScores
from rpbind.statistics.averages import Averages, averages
from rpbind.statistics.collapse import Key
from rpbind.statistics.coverage import NO_STATES, OpenStates, coverage
from rpbind.statistics.table import Runs, cluster_auroc

SECONDARY = {
    "test.auroc_weighted": "Cluster-weighted AUROC",
    "test.auroc_pooled": "Pooled AUROC",
    "test.auprc_macro": "Macro AUPRC",
    "test.mcc": "MCC",
    "test.loss": "Loss",
    "test.brier_calibrated": "Brier",
}
"""Metric of a row -> header of its column in the table of arms; add a line to add a column."""
BASE_RATE_GAP = 0.05
"""If pooled AUROC exceeds macro AUROC by more than this, it shows knowledge of base rates."""
CURVES = ("train.loss", "validation.loss", "validation.auroc_macro")


@dataclass(frozen=True)
class Spread:
    """The mean, minimum and maximum of a metric over runs.

    Parameters
    ----------
    mean
        Mean over the runs.
    low
        Smallest value.
    high
        Largest value.
    n
        Number of runs.
    """

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Curve:
    """One metric by epoch, for each run and as the mean over runs.

    Parameters
    ----------
    epoch_by_run
        Epochs of every run, from 1.
    value_by_run
        The metric at these epochs.
    mean_epoch_E
        (E,) epochs that all runs have.
    mean_E
        (E,) mean over runs at these epochs.
    """

    epoch_by_run: tuple[NDArray[np.float64], ...]
    value_by_run: tuple[NDArray[np.float64], ...]
    mean_epoch_E: NDArray[np.float64]
    mean_E: NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """One arm's runs.

    Parameters
    ----------
    plan
        The arm in the plan.
    planned
        Number of planned runs.
    done
        Number of runs that are done.
    coverage
        How many planned runs are done, in words.
    macro
        {seed: test AUROC, mean over protein clusters}.
    headline
        Spread of `macro` over seeds; None if no run is scored.
    secondary
        {metric of `SECONDARY`: its spread over seeds}.
    seconds
        Wall time per run, in seconds.
    parameters
        Number of parameters of the model.
    curves
        {metric of `CURVES`: its learning curve}.
    cluster_auroc
        {protein cluster: test AUROC, mean over seeds}.
    collapsed
        Seeds of the collapsed runs.
    averages
        Test AUROC averaged over clusters and over proteins, and cluster-weighted.
    plain
        Spread of the test AUROC as the mean over proteins instead of clusters.
    experiments
        Test AUROC of each experiment, mean over seeds.
    regions
        {region type: spread of the headline within it}; empty for data without region types.
    costs
        {seed: what its run cost}; of runs that are done.
    test_curves
        Calibration, ROC and precision-recall of each run that recorded them.
    """

    plan: ArmPlan
    planned: int
    done: int
    coverage: str
    macro: dict[int, float]
    headline: Spread | None
    secondary: dict[str, Spread | None]
    seconds: Spread | None
    parameters: float | None
    curves: dict[str, Curve]
    cluster_auroc: dict[int, float]
    collapsed: tuple[int, ...] = ()
    averages: Averages | None = None
    plain: Spread | None = None
    experiments: tuple[Experiment, ...] = ()
    regions: dict[str, Spread | None] = field(default_factory=dict)
    costs: dict[int, dict[str, float]] = field(default_factory=dict)
    test_curves: tuple[dict[str, list[float]], ...] = ()

    @property
    def knows_base_rates(self) -> bool:
        """Whether pooled AUROC is far above macro: the arm ranks proteins by their base rates."""
        pooled, macro = self.secondary["test.auroc_pooled"], self.headline
        return pooled is not None and macro is not None and pooled.mean - macro.mean > BASE_RATE_GAP


def secondary_metrics(plan: Plan) -> dict[str, str]:
    """Return `SECONDARY` and the study's own metrics: {metric of a row: header of its column}."""
    return SECONDARY | {f"test.{own.name}": own.name for own in plan.metrics}


def summarise_arm(
    arm: ArmPlan,
    plan: Plan,
    runs: Runs,
    under_way: OpenStates = NO_STATES,
    collapsed: frozenset[Key] = frozenset(),
) -> Arm:
    """Return the summary of an arm; `collapsed` are the collapsed runs of the whole study."""
    rows = [runs[arm.name, seed] for seed in plan.seeds if (arm.name, seed) in runs]
    done = [row for row in rows if row.state == "done"]
    scores = {row.seed: s for row in done if (s := cluster_auroc(row))}
    macro = {seed: float(np.mean(list(s.values()))) for seed, s in scores.items()}
    return Arm(
        plan=arm,
        planned=len(plan.seeds),
        done=len(done),
        coverage=coverage([(arm.name, seed) for seed in plan.seeds], runs, under_way),
        macro=macro,
        headline=spread(macro.values()),
        secondary={key: spread(_values(done, key)) for key in secondary_metrics(plan)},
        seconds=spread(row.cost["seconds"] for row in done if "seconds" in row.cost),
        parameters=next((r.cost["parameters"] for r in done if "parameters" in r.cost), None),
        curves={key: curve(done, key) for key in CURVES},
        cluster_auroc=_mean_by_cluster(list(scores.values())),
        averages=averages(done),
        plain=spread(a.over_proteins for row in done if (a := averages([row]))),
        experiments=experiment_scores(done),
        collapsed=tuple(seed for seed in macro if (arm.name, seed) in collapsed),
        regions=_regions(done),
        costs={row.seed: row.cost for row in done},
        test_curves=tuple(row.test_curves for row in done if row.test_curves),
    )


def prevalence(rows: Iterable[Row]) -> float | None:
    """Return the macro AUPRC of chance: the share of positives, averaged like the macro AUPRC.

    All runs are scored on the same test windows, so the first scored run is enough.
    """
    for row in rows:
        scores = ProteinScores.of(row.proteins)
        has_N = scores.on("test") & np.isfinite(scores.auprc_N)
        if has_N.any():
            share_N = scores.positives_N[has_N] / scores.windows_N[has_N]
            cluster_N = scores.cluster_N[has_N]
            means = [share_N[cluster_N == cluster].mean() for cluster in np.unique(cluster_N)]
            return float(np.mean(means))
    return None


def spread(values: Iterable[float]) -> Spread | None:
    """Return mean, range and number of the finite values; None if there is none."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return None
    return Spread(float(np.mean(finite)), min(finite), max(finite), len(finite))


def curve(rows: Sequence[Row], key: str) -> Curve:
    """Return one metric's learning curve over the runs that recorded it."""
    recorded = [[p for p in row.curve if key in p and "epoch" in p] for row in rows]
    lines = [points for points in recorded if points]
    epochs = tuple(np.array([p["epoch"] for p in points]) for points in lines)
    values = tuple(np.array([p[key] for p in points]) for points in lines)
    shortest = min((len(v) for v in values), default=0)
    return Curve(
        epoch_by_run=epochs,
        value_by_run=values,
        mean_epoch_E=epochs[0][:shortest] if epochs else np.empty(0),
        mean_E=np.mean([v[:shortest] for v in values], axis=0) if values else np.empty(0),
    )


def _values(rows: Sequence[Row], key: str) -> list[float]:
    return [row.metrics[key] for row in rows if key in row.metrics]


def _regions(rows: Sequence[Row]) -> dict[str, Spread | None]:
    scored = [regions_in(row.metrics) for row in rows]
    names = dict.fromkeys(name for each in scored for name in each)
    return {name: spread(each[name] for each in scored if name in each) for name in names}


def _mean_by_cluster(scores: list[dict[int, float]]) -> dict[int, float]:
    shared = [c for c in (scores[0] if scores else {}) if all(c in s for s in scores)]
    return {c: float(np.mean([s[c] for s in scores])) for c in shared}
