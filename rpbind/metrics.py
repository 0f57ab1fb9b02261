"""Metrics of window scores: pooled over all windows, and per protein for the headline average."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from rpbind.data.dataset import Protein
from rpbind.errors import UserError
from rpbind.ledger import ProteinScore
from rpbind.parts import Part
from rpbind.parts.loading import class_file, errors_in, load_function
from rpbind.statistics.density import own_rows_in_cluster
from rpbind.statistics.ranking import Ranking, rank_by_group


@dataclass(frozen=True)
class WindowScores:
    """Logits and labels of the N windows of one part of a split.

    Parameters
    ----------
    logit_N
        (N,) float32: one logit per window.
    label_N
        (N,) uint8: 1 if the protein binds the window, else 0.
    protein_N
        (N,) int64: the window's index into the dataset's proteins.
    cluster_N
        (N,) int32: the window's overlap cluster; None where the windows have none, and then no
        metric is weighted.
    region_N
        (N,) int8: the window's region type, -1 where it is unknown; None without coordinates.
    """

    logit_N: NDArray[np.float32]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int64]
    cluster_N: NDArray[np.int32] | None = None
    region_N: NDArray[np.int8] | None = None

    @cached_property
    def pooled(self) -> Ranking:
        """How well the logits rank all windows together."""
        (ranking,) = rank_by_group(
            self.label_N, self.logit_N, np.zeros_like(self.protein_N)
        ).values()
        return ranking

    @cached_property
    def by_protein(self) -> dict[int, Ranking]:
        """How well the logits rank the windows of each protein.

        A window weighs 1 / (windows of its protein in its overlap cluster, of this part). So a
        locus that many windows cover counts like one that a single window covers.
        """
        weight_N = None
        if self.cluster_N is not None:
            weight_N = 1 / own_rows_in_cluster(self.cluster_N, self.protein_N)
        return rank_by_group(self.label_N, self.logit_N, self.protein_N, weight_N)


def summarise(
    scores: WindowScores, proteins: tuple[Protein, ...], part: str
) -> tuple[dict[str, float], tuple[ProteinScore, ...]]:
    """Compute all metrics of a part, and the score of each of its proteins.

    `auroc_macro` is the mean over protein clusters of the mean AUROC of the cluster's proteins
    (two cell lines of one gene are one cluster), and `auroc_proteins` the plain mean over proteins.
    `auroc_weighted` is `auroc_macro` with weights by overlap cluster (`WindowScores.by_protein`).
    A protein with one class only has no AUROC.

    Parameters
    ----------
    scores
        Logits and labels of the part's windows.
    proteins
        The dataset's proteins, in the order of `scores.protein_N`.
    part
        The part's name, such as `test`; it becomes the prefix of each metric's name.

    Returns
    -------
    {"PART.METRIC": value} without undefined metrics, and one score per protein with windows.
    """
    per_protein = tuple(
        ProteinScore(
            part=part,
            protein=proteins[index].id,
            cluster=proteins[index].cluster,
            windows=ranking.windows,
            positives=ranking.positives,
            auroc=ranking.auroc,
            auprc=ranking.auprc,
        )
        for index, ranking in scores.by_protein.items()
    )
    metrics = {name: measure(scores, per_protein) for name, measure in METRICS.items()}
    return {
        f"{part}.{name}": value for name, value in metrics.items() if value is not None
    }, per_protein


def own_metrics(own: Sequence[Part], scores: WindowScores, part: str) -> dict[str, float]:
    """Compute the metrics of the user's own on a part.

    Parameters
    ----------
    own
        Functions, each of which takes a `WindowScores` and returns a number, or None if the metric
        is undefined on these windows.
    scores
        Logits and labels of the part's windows.
    part
        The part's name.

    Returns
    -------
    {"PART.FUNCTION": value} without undefined metrics.

    Raises
    ------
    UserError
        If a function raises an error, or returns something else than a finite number or None.
    """
    found = {}
    for each in own:
        function = load_function(each, "metrics")
        with errors_in(class_file(function), f"metrics: {each.class_name} failed"):
            value = function(scores)
        if value is None:
            continue
        if not isinstance(value, Real) or not math.isfinite(value):
            raise UserError(
                f"metrics: {each.class_name} must return a finite number, or None if it is "
                f"undefined; got {value!r}."
            )
        found[f"{part}.{each.class_name}"] = float(value)
    return found


def accuracy(scores: WindowScores) -> float:
    """Return the share of windows for which the sign of the logit agrees with the label."""
    return float(((scores.logit_N > 0) == (scores.label_N == 1)).mean())


def cross_entropy(scores: WindowScores) -> float:
    """Return the mean binary cross-entropy in nats; chance level is ln 2 = 0.693."""
    logit_N = scores.logit_N.astype(np.float64)
    return float(np.mean(np.logaddexp(0.0, logit_N) - logit_N * scores.label_N))


def macro_average(
    per_protein: tuple[ProteinScore, ...], metric: Literal["auroc", "auprc"]
) -> float | None:
    """Return the mean over protein clusters of a per-protein metric; None if no protein has it."""
    means = _cluster_means((score, getattr(score, metric)) for score in per_protein)
    return float(np.mean(means)) if means else None


def weighted_average(scores: WindowScores, per_protein: tuple[ProteinScore, ...]) -> float | None:
    """Return the cluster-weighted AUROC: per protein, then the mean over protein clusters.

    Parameters
    ----------
    scores
        Of a part, with overlap clusters.
    per_protein
        One score per protein of the part, in the order of `scores.by_protein`.

    Returns
    -------
    The mean; None if no protein has both classes, or if the windows have no overlap clusters.
    """
    ranked = (ranking.auroc_weighted for ranking in scores.by_protein.values())
    means = _cluster_means(zip(per_protein, ranked, strict=True))
    return float(np.mean(means)) if means else None


def plain_average(per_protein: tuple[ProteinScore, ...]) -> float | None:
    """Return the plain mean over proteins of their AUROC; None if no protein has one."""
    found = [score.auroc for score in per_protein if score.auroc is not None]
    return float(np.mean(found)) if found else None


def macro_interval(
    per_protein: tuple[ProteinScore, ...], alpha: float = 0.05
) -> tuple[float, float] | None:
    """Return the t interval of one run's macro AUROC over protein clusters.

    Parameters
    ----------
    per_protein
        The scores per protein of one part.
    alpha
        1 - alpha is the confidence level.

    Returns
    -------
    (low, high), cut at 0 and 1; None with fewer than two clusters.
    """
    means = _cluster_means((score, score.auroc) for score in per_protein)
    if len(means) < 2:
        return None
    half = float(stdtrit(len(means) - 1, 1 - alpha / 2) * np.std(means, ddof=1)) / len(means) ** 0.5
    mean = float(np.mean(means))
    return max(mean - half, 0.0), min(mean + half, 1.0)


def _cluster_means(values: Iterable[tuple[ProteinScore, float | None]]) -> list[float]:
    by_cluster: dict[int, list[float]] = {}
    for score, value in values:
        if value is not None:
            by_cluster.setdefault(score.cluster, []).append(value)
    return [float(np.mean(found)) for found in by_cluster.values()]


Metric = Callable[[WindowScores, tuple[ProteinScore, ...]], float | None]
"""(scores of all windows, score per protein) -> value; None if it is undefined."""

METRICS: dict[str, Metric] = {
    "loss": lambda scores, per_protein: cross_entropy(scores),
    "accuracy": lambda scores, per_protein: accuracy(scores),
    "auroc_pooled": lambda scores, per_protein: scores.pooled.auroc,
    "auprc_pooled": lambda scores, per_protein: scores.pooled.auprc,
    "auroc_macro": lambda scores, per_protein: macro_average(per_protein, "auroc"),
    "auroc_proteins": lambda scores, per_protein: plain_average(per_protein),
    "auroc_weighted": weighted_average,
    "auprc_macro": lambda scores, per_protein: macro_average(per_protein, "auprc"),
}
"""The metrics of every part of every run, by their name in a row (after "test.").

`rpbind.analysis.arms.SECONDARY` lists those in the report's table of arms, and
`rpbind.ledger.trials.OBJECTIVES` those that a search can optimise.
"""
