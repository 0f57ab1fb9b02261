"""Exact tests, and intervals over folds."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import t

from rpbind.analysis.exact import sign_flip, signed_rank
from rpbind.statistics.contrast import Unattainable
from rpbind.statistics.folds import FoldInterval, over_folds
from rpbind.statistics.verdict import verdicts


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


def test_pairs_of_equal_size_share_their_rank_and_every_flip_is_tried() -> None:
    d_S = np.array([0.01, 0.01, 0.02, 0.02, -0.01, 0.03, 0.03, 0.0])
    rank_S = np.array([2, 2, 4.5, 4.5, -2, 6.5, 6.5])  # of the seven that differ, with their signs
    flips = [abs(sum(s * abs(r) for s, r in zip(signs, rank_S, strict=True)))
             for signs in product((1, -1), repeat=7)]  # fmt: skip
    assert signed_rank(d_S) == pytest.approx(np.mean([f >= rank_S.sum() for f in flips]))
    assert signed_rank(d_S) == pytest.approx(0.0625)


def test_an_interval_over_folds_is_judged_by_the_same_words() -> None:
    rng = np.random.default_rng(0)
    better, none = (over_folds(rng.normal(mean, 0.003, (2, 5))) for mean in (0.05, 0.0))
    first, second = verdicts([better, none], 0.01)
    assert (first.word, second.word) == ("better", "no meaningful effect")
    open_ = verdicts([over_folds(rng.normal(0.0, 0.05, (2, 5)))], 0.01)[0]
    assert (open_.word, open_.needs) == ("inconclusive", None)


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
