"""The decision rule on simulated worlds whose answer is known (small forms, seeded)."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from rpbind.analysis.contrast import Interval, two_way
from rpbind.analysis.power import needs
from rpbind.analysis.verdict import Verdict, verdicts

DELTA = 0.010
REPEATS = 1000


def world(
    rng: np.random.Generator,
    shape: tuple[int, int],
    sds: tuple[float, float, float],
    mean: float = 0.0,
) -> NDArray[np.float64]:
    """One table d_SG: mean + run effect (S, 1) + protein-by-arm effect (1, G) + cell noise."""
    S, G = shape
    run, protein, cell = sds
    return (
        mean
        + run * rng.standard_normal((S, 1))
        + protein * rng.standard_normal((1, G))
        + cell * rng.standard_normal((S, G))
    )


def interval(d_SG: NDArray[np.float64]) -> Interval:
    result = two_way(d_SG)
    assert isinstance(result, Interval)
    return result


def judged(rng: np.random.Generator, shape: tuple[int, int], sds: tuple[float, float, float],
           mean: float) -> list[Verdict]:  # fmt: skip
    tables = [world(rng, shape, sds, mean) for _ in range(REPEATS)]
    return [verdicts([interval(d_SG)], DELTA)[0] for d_SG in tables]


@pytest.mark.parametrize("S", [3, 5, 10])
@pytest.mark.parametrize("G", [12, 40])
@pytest.mark.parametrize(
    "sds", [(0.01, 0, 0.002), (0, 0.01, 0.002), (0.01, 0.01, 0.01)], ids=["run", "protein", "both"]
)
def test_two_equal_arms_are_told_apart_in_at_most_one_study_of_twenty(
    S: int, G: int, sds: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(S * 1000 + G)
    misses = sum(
        abs(i.mean) > i.half(0.05)
        for i in (interval(world(rng, (S, G), sds)) for _ in range(REPEATS))
    )
    # .065 is accepted of 2,000 and more; two standard errors of 1,000 repeats are .014
    assert misses / REPEATS <= 0.065 + 0.014


@pytest.mark.parametrize("noise", ["heteroscedastic", "t4"])
def test_uneven_and_heavy_tailed_noise_does_not_break_the_interval(noise: str) -> None:
    rng = np.random.default_rng(4)
    misses = 0
    for _ in range(REPEATS):
        sd_G = np.exp(rng.normal(0, 0.7, 40)) if noise == "heteroscedastic" else np.ones(40)
        cell_SG = rng.standard_t(4, (5, 40)) if noise == "t4" else rng.standard_normal((5, 40))
        run_S1 = rng.standard_t(4, (5, 1)) if noise == "t4" else rng.standard_normal((5, 1))
        i = interval(0.01 * (run_S1 + sd_G * cell_SG))
        misses += abs(i.mean) > i.half(0.05)
    assert misses / REPEATS <= 0.065 + 0.014


def test_seven_equal_arms_give_a_false_verdict_in_at_most_one_report_of_twenty() -> None:
    rng = np.random.default_rng(2)
    reports, false = 400, 0
    for _ in range(reports):
        arms = [world(rng, (3, 24), (0.006, 0.006, 0.015)) for _ in range(8)]
        family = verdicts([interval(arm - arms[0]) for arm in arms[1:]], DELTA)
        false += any(v.word in ("better", "worse") for v in family)
    assert false / reports <= 0.065 + 0.022


def test_a_planted_effect_of_two_points_is_found_with_the_right_sign() -> None:
    found = judged(np.random.default_rng(3), (5, 40), (0.006, 0.0085, 0.015), 0.02)
    words = Counter(v.word for v in found)
    assert words["better"] / REPEATS >= 0.95
    assert words["worse"] == 0


def test_an_effect_as_large_as_delta_is_not_called_no_meaningful_effect() -> None:
    found = judged(np.random.default_rng(5), (10, 40), (0.006, 0.006, 0.015), DELTA)
    assert sum(v.word == "no meaningful effect" for v in found) / REPEATS <= 0.065 + 0.014


def test_ten_seeds_show_that_equal_arms_are_equal() -> None:
    found = judged(np.random.default_rng(6), (10, 40), (0.006, 0.006, 0.015), 0.0)
    assert sum(v.word == "no meaningful effect" for v in found) / REPEATS >= 0.90


def test_three_noisy_seeds_are_inconclusive() -> None:
    found = judged(np.random.default_rng(7), (3, 40), (0.02, 0.0, 0.002), 0.0)
    assert sum(v.word == "inconclusive" for v in found) / REPEATS >= 0.85


def test_an_effect_of_the_minimal_detectable_size_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(8)
    sds = (0.006, 0.0085, 0.015)
    tables = [interval(world(rng, (5, 40), sds)) for _ in range(REPEATS)]
    typical = Interval(0.0, 5, 40, *np.mean([(t.run_ms, t.cluster_ms, t.cell_ms) for t in tables],
                                            axis=0))  # fmt: skip
    found = judged(rng, (5, 40), sds, needs(typical, 0.05, DELTA).mde)
    assert 0.76 <= sum(v.word == "better" for v in found) / REPEATS <= 0.90
