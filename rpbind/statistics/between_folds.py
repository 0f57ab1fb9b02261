"""From the runs of folds to the interval of a contrast: one difference for each fold and repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from rpbind.split_spec import SplitSpec
from rpbind.statistics.contrast import Unattainable
from rpbind.statistics.folds import FoldInterval, over_folds


def between_folds(
    by_seed: Mapping[int, float], folds: SplitSpec, bound: float = 1.0
) -> FoldInterval | Unattainable:
    """Return the interval of a mean difference over folds.

    Parameters
    ----------
    by_seed
        {seed: difference in its fold}.
    folds
        The folds. Repeats of saved folds have the same test windows, so they are averaged.
    bound
        The largest possible difference.

    Returns
    -------
    FoldInterval | Unattainable
        `Unattainable` if no repeat has all of its folds, or without any spread. Repeats that lack
        a fold are left out.
    """
    K = folds.folds
    starts = sorted({seed - seed % K for seed in by_seed})
    whole = [at for at in starts if all(at + fold in by_seed for fold in range(K))]
    if not by_seed:
        return Unattainable(None, "no run of the two arms is paired")
    if not whole:
        mean = sum(by_seed.values()) / len(by_seed)
        return Unattainable(mean, f"an interval over folds needs all {K} folds of a repeat")
    d_SK = np.array([[by_seed[at + fold] for fold in range(K)] for at in whole])
    if folds.name:
        d_SK = d_SK.mean(axis=0, keepdims=True)
    found = over_folds(d_SK, bound)
    return Unattainable(float(d_SK.mean()), found) if isinstance(found, str) else found


def differences_by_fold(
    weights: Mapping[str, float],
    scores: Mapping[tuple[str, int], Mapping[int, float]],
    seeds: Iterable[int],
) -> dict[int, float]:
    """Return the difference in each fold, over the clusters that all arms have in this fold.

    Parameters
    ----------
    weights
        {arm: its weight in the contrast}.
    scores
        {(arm, seed): {protein cluster: AUROC}}.
    seeds
        The seeds, each of which says which fold it is.

    Returns
    -------
    dict[int, float]
        {seed: mean difference}; without the folds in which no cluster is scored in all arms.
    """
    found = {}
    for seed in seeds:
        shared = set.intersection(*(set(scores[arm, seed]) for arm in weights))
        each = [sum(w * scores[a, seed][c] for a, w in weights.items()) for c in shared]
        if each:
            found[seed] = float(np.mean(each))
    return found
