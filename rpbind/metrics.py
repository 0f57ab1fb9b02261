"""How well scores rank and predict: pooled, and per protein, which the headline averages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from sklearn.metrics import average_precision_score, roc_auc_score

from rpbind.data.dataset import Protein
from rpbind.ledger import ProteinScore

DECIMALS = 5
"""Scores are rounded before they are ranked: without it, a model that ignores the RNA gets a
per-protein AUROC of 0.43-0.61 out of float noise, instead of exactly 0.5. Where noise straddles a
rounding step, rounding alone would still rank it: scores within one step are one score."""


@dataclass(frozen=True)
class WindowScores:
    """Logits and labels of one part of a split, window by window, with their protein index."""

    logit_N: NDArray[np.float32]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int64]


def summarise(
    scores: WindowScores, proteins: tuple[Protein, ...], part: str
) -> tuple[dict[str, float], tuple[ProteinScore, ...]]:
    """Return the part's metrics and its score per protein.

    `auroc_macro` is the mean over protein clusters of the mean AUROC of the cluster's proteins
    (two cell lines of one gene are one cluster); a protein with one class only has no AUROC.
    """
    per_protein = tuple(
        _protein_score(scores, part, index, protein)
        for index, protein in enumerate(proteins)
        if (scores.protein_N == index).any()
    )
    metrics = {name: measure(scores, per_protein) for name, measure in METRICS.items()}
    return {
        f"{part}.{name}": value for name, value in metrics.items() if value is not None
    }, per_protein


def accuracy(scores: WindowScores) -> float:
    """Return the share of windows whose logit has the sign of their label."""
    return float(((scores.logit_N > 0) == (scores.label_N == 1)).mean())


def cross_entropy(scores: WindowScores) -> float:
    """Return the mean binary cross-entropy in nats; ln 2 = 0.693 is what a coin gets."""
    logit_N = scores.logit_N.astype(np.float64)
    return float(np.mean(np.logaddexp(0.0, logit_N) - logit_N * scores.label_N))


def macro_average(
    per_protein: tuple[ProteinScore, ...], metric: Literal["auroc", "auprc"]
) -> float | None:
    """Return the mean over protein clusters of a per-protein metric; None where none has it."""
    means = _cluster_means(per_protein, metric)
    return float(np.mean(means)) if means else None


def macro_interval(
    per_protein: tuple[ProteinScore, ...], alpha: float = 0.05
) -> tuple[float, float] | None:
    """Return the t interval, at level 1 - alpha, of one run's macro AUROC over protein clusters.

    Cut at 0 and 1. None with fewer than two clusters.
    """
    means = _cluster_means(per_protein, "auroc")
    if len(means) < 2:
        return None
    half = float(stdtrit(len(means) - 1, 1 - alpha / 2) * np.std(means, ddof=1)) / len(means) ** 0.5
    mean = float(np.mean(means))
    return max(mean - half, 0.0), min(mean + half, 1.0)


def _cluster_means(
    per_protein: tuple[ProteinScore, ...], metric: Literal["auroc", "auprc"]
) -> list[float]:
    by_cluster: dict[int, list[float]] = {}
    for score in per_protein:
        value = getattr(score, metric)
        if value is not None:
            by_cluster.setdefault(score.cluster, []).append(value)
    return [float(np.mean(values)) for values in by_cluster.values()]


def _protein_score(scores: WindowScores, part: str, index: int, protein: Protein) -> ProteinScore:
    mine = scores.protein_N == index
    label_N = scores.label_N[mine]
    auroc, auprc = auroc_and_auprc(label_N, scores.logit_N[mine])
    return ProteinScore(
        part=part,
        protein=protein.id,
        cluster=protein.cluster,
        windows=int(mine.sum()),
        positives=int(label_N.sum()),
        auroc=auroc,
        auprc=auprc,
    )


def auroc_and_auprc(
    label_N: NDArray[np.uint8], score_N: NDArray[np.floating]
) -> tuple[float | None, float | None]:
    """Return (AUROC, AUPRC), or None for both where a class is absent; see `DECIMALS` for ties."""
    if label_N.min() == label_N.max():
        return None, None
    wide_N = score_N.astype(np.float64)
    one_score = np.ptp(wide_N) <= 10.0**-DECIMALS
    ranked_N = np.zeros_like(wide_N) if one_score else np.round(wide_N, DECIMALS)
    return (
        float(roc_auc_score(label_N, ranked_N)),
        float(average_precision_score(label_N, ranked_N)),
    )


Metric = Callable[[WindowScores, tuple[ProteinScore, ...]], float | None]
"""(scores of all windows, score per protein) -> value; None where it is not defined."""

METRICS: dict[str, Metric] = {
    "loss": lambda scores, per_protein: cross_entropy(scores),
    "accuracy": lambda scores, per_protein: accuracy(scores),
    "auroc_pooled": lambda scores, per_protein: auroc_and_auprc(scores.label_N, scores.logit_N)[0],
    "auprc_pooled": lambda scores, per_protein: auroc_and_auprc(scores.label_N, scores.logit_N)[1],
    "auroc_macro": lambda scores, per_protein: macro_average(per_protein, "auroc"),
    "auprc_macro": lambda scores, per_protein: macro_average(per_protein, "auprc"),
}
"""What is measured on every part of every run: name in a row (after "test.") -> how.

`rpbind.analysis.arms.SECONDARY` says which of them the report's table of arms shows, and
`rpbind.ledger.trials.OBJECTIVES` what a search can be asked for.
"""
