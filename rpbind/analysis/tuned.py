"""What tuning did, and what it can say: winners, their optimism, expected best of n, contrasts.

The unit of a comparison of tuned arms is the search, or a configuration that all arms shared. With
one search per arm a verdict is refused: retraining seeds alone give 23-52 % false positives.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from rpbind.analysis.contrast import Result, Unattainable, two_way
from rpbind.analysis.search import OBJECTIVES, Search, searches
from rpbind.analysis.verdict import Verdict, verdicts
from rpbind.ledger import ContrastPlan, Plan, Row

AUROC = OBJECTIVES["auroc"].key
SEARCHES = 5
"""Independent searches per arm that a verdict needs."""

Cells = dict[int, float]
"""{protein cluster: AUROC} of one unit."""


@dataclass(frozen=True)
class Winner:
    """The best of one search: its value there, and what it reached on fresh seeds (means).

    `trials` counts the search's trials, `reads` the confirming runs, each of which read test once.
    """

    lane: str
    arm: str
    trial: str
    trials: int
    counts: dict[str, int]
    searched: float | None
    validation: float | None
    test: float | None
    reads: int

    @property
    def optimism(self) -> float | None:
        """How much better the search said it was than test: the winner's curse, and the splits'."""
        return None if self.searched is None or self.test is None else self.searched - self.test


@dataclass(frozen=True)
class TunedContrast:
    """One comparison of two tuned arms over `units` searches or configurations."""

    contrast: ContrastPlan
    units: int
    clusters: int
    result: Result
    verdict: Verdict


@dataclass(frozen=True)
class Tuned:
    """A study's searches and winners; contrasts are empty where `refusal` says why."""

    searches: tuple[Search, ...]
    winners: tuple[Winner, ...]
    expected: dict[str, NDArray[np.float64]]
    unit: str
    part: str
    contrasts: tuple[TunedContrast, ...]
    refusal: str

    @property
    def equal(self) -> bool:
        """Whether every search made as many trials as every other."""
        return len({len(search.trials) for search in self.searches}) <= 1


def expected_best(value_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,): the expected maximum of n of these N values, drawn without replacement.

    Unbiased; for n = N it is the maximum. Tang et al. 2020, ACL, "Showing your work doesn't always
    work".
    """
    sorted_N = np.sort(value_N)
    N = len(sorted_N)
    place_N = np.arange(1, N + 1)
    best = []
    for n in range(1, N + 1):
        open_N = place_N >= n  # the k-th smallest is the best of n in C(k-1, n-1) of C(N, n) draws
        log_N = _log_choose(place_N[open_N] - 1, n - 1) - _log_choose(np.array(N), n)
        best.append(float(np.exp(log_N) @ sorted_N[open_N]))
    return np.array(best)


def summarise_tuned(plan: Plan, rows: Sequence[Row], trials: list[Row]) -> Tuned:
    """Return what a study's searches found; `rows` are the runs that confirm their winners."""
    said = plan.search or {}
    found = searches(plan, trials)
    won = said.get("winners", {})
    contrasts = [ContrastPlan.model_validate(c) for c in said.get("contrasts", ())]
    shared = bool(said.get("shared"))
    count = int(said.get("searches", 1))
    refusal = refused(count, shared=shared) if contrasts else ""
    if contrasts and "closed" not in said:
        refusal = "The searches are not finished: their winners are not named yet."
    table = _shared(trials) if shared else _searched(rows)
    results = [] if refusal else [_contrast(c, table) for c in contrasts]
    judged = verdicts([result for _, _, result in results], plan.delta)
    return Tuned(
        searches=tuple(found),
        winners=tuple(_winner(search, won.get(search.name, {}), rows) for search in found),
        expected=_expected(found),
        unit="configuration" if shared else "search",
        part="validation" if shared else "test",
        contrasts=tuple(
            TunedContrast(contrast, units, clusters, result, verdict)
            for contrast, (units, clusters, result), verdict in zip(
                contrasts[: len(results)], results, judged, strict=True
            )
        ),
        refusal=refusal,
    )


def refused(count: int, *, shared: bool) -> str:
    """Say why so many searches per arm carry no verdict; nothing where they do."""
    if shared or count >= SEARCHES:
        return ""
    return (
        f"No verdict on tuned arms: {count} search{'' if count == 1 else 'es'} per arm. How "
        "lucky a search was does not show in fresh seeds of its winner (simulated, one search "
        f"per arm is wrong in 23-52 % of null worlds). --searches {SEARCHES} makes the search "
        "the unit; --shared-configs pairs the arms over the same configurations."
    )


def _winner(search: Search, won: Mapping[str, object], rows: Sequence[Row]) -> Winner:
    mine = [row for row in rows if row.arm == won.get("arm") and row.state == "done"]
    best = search.best
    return Winner(
        lane=search.name,
        arm=str(won.get("arm", search.name)),
        trial=str(won.get("trial", "")),
        trials=len(search.trials),
        counts=search.counts,
        searched=_mean([row.metrics.get(AUROC) for row in best.rows]) if best else None,
        validation=_mean([row.metrics.get(AUROC) for row in mine]),
        test=_mean([row.metrics.get("test.auroc_macro") for row in mine]),
        reads=sum("test.auroc_macro" in row.metrics for row in rows if row.arm == won.get("arm")),
    )


def _expected(found: Sequence[Search]) -> dict[str, NDArray[np.float64]]:
    """{arm: expected best of n, mean over its searches}, of whole trials of a maximised score."""
    curves: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for search in found:
        values = [t.value for t in search.trials if t.value is not None]
        if values and search.objective.mode == "max":
            curves[search.name.rpartition(".s")[0] or search.name].append(
                expected_best(np.array(values))
            )
    return {
        arm: np.mean([curve[: min(map(len, each))] for curve in each], axis=0)
        for arm, each in curves.items()
    }


def _searched(rows: Sequence[Row]) -> dict[tuple[str, str], Cells]:
    """{(arm, search): test AUROC by cluster, mean over the fresh seeds of its winner}."""
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        arm, _, number = row.arm.rpartition(".s")
        grouped[arm, number].append(row)
    return _whole(grouped, "test")


def _shared(trials: Sequence[Row]) -> dict[tuple[str, str], Cells]:
    """{(arm, configuration): validation AUROC by cluster, mean over the trial's seeds}."""
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in trials:
        arm, _, number = row.arm.partition(".s0.trial-")
        grouped[arm, number].append(row)
    return _whole(grouped, "validation")


def _whole(
    grouped: Mapping[tuple[str, str], Sequence[Row]], part: str
) -> dict[tuple[str, str], Cells]:
    """Return the cells of every unit whose runs are all done."""
    return {
        unit: _cells(rows, part)
        for unit, rows in grouped.items()
        if all(row.state == "done" for row in rows)
    }


def _cells(rows: Sequence[Row], part: str) -> Cells:
    scores: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        for score in row.proteins:
            if score.part == part and score.auroc is not None and math.isfinite(score.auroc):
                scores[score.cluster].append(score.auroc)
    return {cluster: float(np.mean(values)) for cluster, values in scores.items()}


def _contrast(
    contrast: ContrastPlan, units: Mapping[tuple[str, str], Cells]
) -> tuple[int, int, Result]:
    """The interval of arm minus reference over the units that both have; and the table's size."""
    mine = sorted(number for arm, number in units if arm == contrast.arm)
    numbers = [number for number in mine if (contrast.reference, number) in units]
    pairs = [(units[contrast.arm, n], units[contrast.reference, n]) for n in numbers]
    every = [set(cells) for pair in pairs for cells in pair]
    clusters = sorted(set.intersection(*every)) if every else []
    d_UG = np.array([[a[c] - r[c] for c in clusters] for a, r in pairs], dtype=np.float64)
    result: Result = two_way(d_UG.reshape(len(pairs), len(clusters)))
    if isinstance(result, Unattainable) and not pairs:
        result = Unattainable(None, "no unit of the two arms is paired")
    return len(pairs), len(clusters), result


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(known)) if known else None


def _log_choose(n: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
