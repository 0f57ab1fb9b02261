"""The score to expect of the best of n configurations, from the scores of one search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from rpbind.ledger.search_results import SearchResult


def expected_best(value_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,): for n = 1 to N, the expected maximum of n values drawn without replacement.

    The estimate is unbiased; for n = N it is the maximum. Tang et al. 2020, ACL, "Showing your work
    doesn't always work".
    """
    sorted_N = np.sort(value_N)
    N = len(sorted_N)
    place_N = np.arange(1, N + 1)
    best = []
    for n in range(1, N + 1):
        open_N = (
            place_N >= n
        )  # the k-th smallest is the maximum of C(k-1, n-1) of the C(N, n) draws
        log_N = _log_choose(place_N[open_N] - 1, n - 1) - _log_choose(np.array(N), n)
        best.append(float(np.exp(log_N) @ sorted_N[open_N]))
    return np.array(best)


def expected_by_arm(found: Sequence[SearchResult]) -> dict[str, NDArray[np.float64]]:
    """Return {arm: expected best of n, mean over its searches} for maximised scores.

    Only complete trials count, and each configuration counts once, however often it was drawn.
    """
    curves: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for search in found:
        values = [t.value for t in search.distinct if t.value is not None]
        if values and search.objective.mode == "max":
            curves[search.name.rpartition(".s")[0] or search.name].append(
                expected_best(np.array(values))
            )
    return {
        arm: np.mean([curve[: min(map(len, each))] for curve in each], axis=0)
        for arm, each in curves.items()
    }


def _log_choose(n: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
