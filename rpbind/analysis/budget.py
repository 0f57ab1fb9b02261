"""What tuning buys and what it only seems to: the best of n trials, and the winner's curse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.analysis.contrast import Interval, Unattainable, two_way

FEWEST_SEARCHES = 5
FALSE_POSITIVES = "23-52 %"
"""Of null worlds, where one search per arm is judged by ten retrained seeds (simulated)."""


def expected_best(value_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,) the expected best of n = 1 ... N trials that are drawn from these, unbiased.

    The mean of the maximum over all subsets of n trials. Dodge et al. 2019 (EMNLP, "Show Your
    Work") draw with replacement, which is biased downwards: Tang et al. 2020 (ACL, "Showing Your
    Work Doesn't Always Work"). It says something of random search only: trials that a sampler
    steered are no sample.
    """
    sorted_N = np.sort(value_N)
    N = len(sorted_N)
    best_N = np.empty(N)
    for n in range(1, N + 1):
        # the i-th smallest is the maximum of C(i-1, n-1) of C(N, n) subsets; by its recurrence
        weight, total = n / N, 0.0
        for i in range(N - 1, n - 2, -1):
            total += weight * sorted_N[i]
            weight *= (i - n + 1) / i if i else 0.0
        best_N[n - 1] = total
    return best_N


@dataclass(frozen=True)
class Curse:
    """The chosen configuration where it was chosen, and on fresh seeds and the untouched test.

    `validation` is its score in the search; `again` the mean of the same metric over fresh seeds;
    `test` that of the headline, with its interval over seeds and protein clusters.
    """

    validation: float
    again: float | None
    test: Interval | Unattainable

    @property
    def gap(self) -> float | None:
        """Validation of the search minus test: how much better it looked than it is."""
        return None if self.test.mean is None else self.validation - self.test.mean


def curse(validation: float, again_S: NDArray[np.float64], test_SG: NDArray[np.float64]) -> Curse:
    """Return the chosen configuration's scores side by side; S fresh seeds, G test clusters."""
    again = float(again_S.mean()) if len(again_S) else None
    return Curse(validation, again, two_way(test_SG))


def refusal(searches: int, shared: bool) -> str | None:
    """Return why tuned arms with so many searches each get no verdict; None where they do."""
    if shared or searches >= FEWEST_SEARCHES:
        return None
    if searches == 1:
        return (
            "one search per arm: what the search happened to find is not told from what the arm "
            f"can do, and seeds of its winner do not help ({FALSE_POSITIVES} false verdicts); ask "
            f"for --searches {FEWEST_SEARCHES} or --shared-configs"
        )
    return (
        f"{searches} searches per arm: the unit is the search, and {FEWEST_SEARCHES} are needed; "
        f"ask for --searches {FEWEST_SEARCHES} or --shared-configs"
    )


def tuned(d_UG: NDArray[np.float64], shared: bool) -> Interval | Unattainable:
    """Return the interval of tuned arm minus tuned reference, or why a verdict is refused.

    U units: the searches of both arms, paired by their seed (each row the mean over its fresh
    seeds), or, `shared`, the sampled configurations that both arms ran. G protein clusters.
    """
    why = refusal(len(d_UG), shared)
    if why is None:
        return two_way(d_UG)
    return Unattainable(float(d_UG.mean()) if d_UG.size else None, why)
