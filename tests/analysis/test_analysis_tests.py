"""Exact tests, intervals over folds, and what a tuning budget says."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import t

from rpbind.analysis.budget import curse, expected_best, refusal, tuned
from rpbind.analysis.contrast import Interval, Unattainable
from rpbind.analysis.exact import sign_flip, signed_rank
from rpbind.analysis.folds import FoldInterval, over_folds
from rpbind.analysis.verdict import verdicts


@pytest.mark.parametrize("exact", [sign_flip, signed_rank])
@pytest.mark.parametrize("pairs", [1, 3, 5])
def test_five_pairs_are_too_few_for_an_exact_test_and_get_no_p(exact: object, pairs: int) -> None:
    refused = exact(np.arange(1.0, pairs + 1))
    assert isinstance(refused, Unattainable)
    assert "with 5 or fewer" in refused.reason
    assert verdicts([refused], 0.01)[0].p is None


@pytest.mark.parametrize("exact", [sign_flip, signed_rank])
def test_six_pairs_of_one_sign_have_the_smallest_p_there_is(exact: object) -> None:
    assert exact(np.arange(1.0, 7.0)) == pytest.approx(2 / 2**6)


def test_pairs_that_do_not_differ_do_not_count() -> None:
    assert isinstance(sign_flip(np.array([0, 0, 0, 1.0, 2.0, 3.0])), Unattainable)


def test_a_sign_flip_test_worked_by_hand() -> None:
    # sums of 21 and 19 (the 1 flipped), and their opposites, of 64
    assert sign_flip(np.array([-1.0, 2, 3, 4, 5, 6])) == pytest.approx(4 / 64)


def test_folds_share_training_windows_so_their_error_is_larger_than_that_of_their_mean() -> None:
    d_SK = np.array([[0.01, 0.03, 0.02, 0.0, 0.04], [0.02, 0.02, 0.05, 0.01, 0.0]])
    interval = over_folds(d_SK)
    assert isinstance(interval, FoldInterval)
    assert interval.se == pytest.approx(np.sqrt(d_SK.var(ddof=1) * (1 / 10 + 1 / 4)))
    assert interval.half(0.05) == pytest.approx(t.ppf(0.975, 9) * interval.se)
    assert interval.half(interval.p) == pytest.approx(abs(interval.mean))
    assert interval.equivalent(0.1)
    assert not interval.equivalent(0.02)


def test_one_fold_or_no_spread_has_no_interval_over_folds() -> None:
    assert isinstance(over_folds(np.array([[0.1], [0.2]])), Unattainable)
    assert isinstance(over_folds(np.full((2, 5), 0.1)), Unattainable)


def test_folds_that_overlap_as_they_do_are_judged_wrong_in_at_most_one_of_twenty() -> None:
    # the correlation that Nadeau and Bengio assume between folds: 1 / K
    rng, K, J, reports = np.random.default_rng(3), 5, 10, 2000
    shared_R1 = rng.normal(size=(reports, 1)) * np.sqrt(1 / K)
    d_RJ = shared_R1 + rng.normal(size=(reports, J)) * np.sqrt(1 - 1 / K)
    wrong = 0
    for d_J in d_RJ:
        interval = over_folds(d_J.reshape(2, K))
        assert isinstance(interval, FoldInterval)
        wrong += interval.p <= 0.05
    assert 0.035 <= wrong / reports <= 0.065


def test_the_expected_best_is_the_mean_over_all_subsets() -> None:
    values = np.array([0.3, 0.9, 0.5, 0.7, 0.5])
    expected = [np.mean([max(s) for s in combinations(values, n)]) for n in range(1, 6)]
    assert expected_best(values) == pytest.approx(np.array(expected))


def test_the_expected_best_of_many_trials_does_not_overflow() -> None:
    curve = expected_best(np.random.default_rng(0).normal(size=1500))
    assert np.isfinite(curve).all()
    assert (np.diff(curve) >= 0).all()


def test_the_winner_looks_better_on_validation_than_on_test() -> None:
    rng = np.random.default_rng(0)
    test_SG = 0.7 + rng.normal(0, 0.01, (5, 12))
    seen = curse(0.75, np.array([0.70, 0.72]), test_SG)
    assert seen.again == pytest.approx(0.71)
    assert seen.gap == pytest.approx(0.75 - test_SG.mean())


@pytest.mark.parametrize(("searches", "word"), [(1, "one search per arm"), (4, "4 searches")])
def test_too_few_searches_per_arm_are_refused_with_what_to_ask_for(
    searches: int, word: str
) -> None:
    result = tuned(np.random.default_rng(0).normal(0.1, 0.01, (searches, 12)), shared=False)
    assert isinstance(result, Unattainable)
    assert word in result.reason
    assert "--searches 5 or --shared-configs" in result.reason


def test_five_searches_or_shared_configurations_are_judged() -> None:
    d_UG = np.random.default_rng(0).normal(0.1, 0.01, (5, 12))
    assert isinstance(tuned(d_UG, shared=False), Interval)
    assert isinstance(tuned(d_UG[:3], shared=True), Interval)
    assert refusal(5, shared=False) is None
