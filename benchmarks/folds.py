"""How often the interval over folds finds a difference between two learners that are equal.

    python benchmarks/folds.py

Each learner is a ridge regression of y on noisy copies of the same true features; the copies of
the two learners are drawn alike, so that their expected losses are equal. A study divides its
windows into folds by cluster, trains on K - 2 of them and tests on one. Prints a Markdown table.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rpbind.statistics.folds import FoldInterval, over_folds

STUDIES = 2_000
WINDOWS, CLUSTERS, FEATURES, NOISE, RIDGE = 240, 60, 4, 1.0, 1.0


def differences(repeats: int, folds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the loss of one learner minus that of the other (S, K) in one study."""
    cluster_N = np.arange(WINDOWS) % CLUSTERS
    shift_C = rng.normal(size=(CLUSTERS, FEATURES))
    true_NF = shift_C[cluster_N] + rng.normal(size=(WINDOWS, FEATURES))
    y_N = true_NF.sum(1) + rng.normal(size=WINDOWS)
    seen = [true_NF + NOISE * rng.normal(size=true_NF.shape) for _ in range(2)]
    d_SK = np.empty((repeats, folds))
    for repeat in range(repeats):
        fold_N = (rng.permutation(CLUSTERS) % folds)[cluster_N]
        for fold in range(folds):
            test_N = fold_N == fold
            train_N = ~test_N & (fold_N != (fold + 1) % folds)
            losses = [_loss(x_NF, y_N, train_N, test_N) for x_NF in seen]
            d_SK[repeat, fold] = losses[0] - losses[1]
    return d_SK


def _loss(
    x_NF: NDArray[np.float64],
    y_N: NDArray[np.float64],
    train_N: NDArray[np.bool_],
    test_N: NDArray[np.bool_],
) -> float:
    x_MF = x_NF[train_N]
    weight_F = np.linalg.solve(x_MF.T @ x_MF + RIDGE * np.eye(FEATURES), x_MF.T @ y_N[train_N])
    return float(((y_N[test_N] - x_NF[test_N] @ weight_F) ** 2).mean())


def main() -> None:
    """Print a row per number of repeats and folds."""
    print("| repeats x folds | with the correction | K - 1 instead of K - 2 | without |")
    print("|---|---:|---:|---:|")
    for folds in (3, 5, 10):
        for repeats in (1, 3):
            rng = np.random.default_rng(folds)
            found = np.zeros(3)
            for _ in range(STUDIES):
                d_SK = differences(repeats, folds, rng)
                interval = over_folds(d_SK)
                assert isinstance(interval, FoldInterval)
                J, sd = d_SK.size, float(d_SK.std(ddof=1))
                errors = (interval.se, sd * math.sqrt(1 / J + 1 / (folds - 1)), sd / math.sqrt(J))
                found += [FoldInterval(interval.mean, se, J).p < 0.05 for se in errors]
            rates = " | ".join(f"{100 * rate:.1f} %" for rate in found / STUDIES)
            print(f"| {repeats} x {folds} | {rates} |", flush=True)


if __name__ == "__main__":
    main()
