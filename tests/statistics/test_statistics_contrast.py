import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import t, ttest_1samp

from rpbind.statistics.contrast import Interval, Unattainable, two_way


def table(seed: int, S: int = 5, G: int = 12) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return 0.005 + 0.01 * (
        rng.normal(size=(S, 1)) + rng.normal(size=(1, G)) + rng.normal(size=(S, G))
    )


def interval(d_SG: NDArray[np.float64]) -> Interval:
    result = two_way(d_SG)
    assert isinstance(result, Interval)
    return result


def test_the_interval_of_a_table_worked_by_hand() -> None:
    # row means 2, 4; column means 1, 3, 5; no residual
    i = interval(np.array([[0.0, 2.0, 4.0], [2.0, 4.0, 6.0]]))
    assert (i.mean, i.run_ms, i.cluster_ms, i.cell_ms) == pytest.approx((3, 6, 8, 0))
    t_S, t_G = t.ppf(0.975, 1), t.ppf(0.975, 2)
    assert i.half(0.05) == pytest.approx(np.sqrt((t_S**2 * 6 + t_G**2 * 8) / 6))


def test_if_proteins_do_not_differ_the_interval_is_that_of_the_t_test_over_seeds() -> None:
    d_SG = table(1)
    d_SG += d_SG.mean() - d_SG.mean(axis=0)
    expected = ttest_1samp(d_SG.mean(axis=1), 0.0)
    assert interval(d_SG).p == pytest.approx(expected.pvalue, rel=1e-6)
    assert interval(d_SG).ci() == pytest.approx(expected.confidence_interval(0.95))


@given(st.integers(0, 10_000), st.floats(1e-4, 1e4))
def test_p_is_the_level_whose_interval_touches_zero_in_any_unit(seed: int, unit: float) -> None:
    i, scaled = interval(table(seed)), interval(unit * table(seed))
    assert i.half(i.p) == pytest.approx(abs(i.mean), rel=1e-6)
    assert scaled.p == pytest.approx(i.p, rel=1e-6)
    assert scaled.half(0.05) == pytest.approx(unit * i.half(0.05))


def test_equal_scores_in_every_cell_are_equivalent() -> None:
    i = interval(np.zeros((3, 4)))
    assert (i.mean, i.half(0.05), i.p) == (0.0, 0.0, 1.0)
    assert i.is_equivalent(0.01)


@pytest.mark.parametrize(
    ("d_SG", "reason"),
    [
        (np.full((1, 9), 0.1), "1 paired seed"),
        (np.array([[0.1], [0.2]]), "1 protein cluster"),
        (np.full((3, 4), 0.1), "no spread"),
        (np.empty((0, 0)), "no run of the two arms is paired"),
    ],
)
def test_a_table_without_an_interval_has_a_reason(d_SG: NDArray[np.float64], reason: str) -> None:
    result = two_way(d_SG)
    assert isinstance(result, Unattainable)
    assert reason in result.reason


def test_an_overwhelming_difference_has_a_tiny_p() -> None:
    d_SG = 1.0 + 1e-9 * table(3, S=10, G=40)
    assert 0 < interval(d_SG).p < 1e-30


def test_a_table_with_a_missing_cell_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="1 of 2 x 2"):
        two_way(np.array([[0.1, np.nan], [0.2, 0.3]]))


def test_the_variance_components_of_a_large_table_are_recovered() -> None:
    rng = np.random.default_rng(4)
    run, protein, cell = 0.03, 0.02, 0.01
    i = interval(
        run * rng.normal(size=(400, 1))
        + protein * rng.normal(size=(1, 400))
        + cell * rng.normal(size=(400, 400))
    )
    measured = (i.run_variance**0.5, i.cluster_variance**0.5, i.cell_ms**0.5)
    assert measured == pytest.approx((run, protein, cell), rel=0.1)
