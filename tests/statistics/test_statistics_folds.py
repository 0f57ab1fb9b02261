"""Contrasts over folds: the interval of Nadeau and Bengio, and which runs it is made from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from toy_ledger import CONTRAST, plan, row

from rpbind.split_spec import SplitSpec, folds_in
from rpbind.statistics.between_folds import between_folds
from rpbind.statistics.contrast import Inert, Unattainable
from rpbind.statistics.folds import FoldInterval, over_folds
from rpbind.statistics.table import pair, planned_runs

COMPUTED, SAVED = SplitSpec("folds", folds=4), SplitSpec("folds", name="fold", folds=4)
SPLIT = "folds4_neg-as-given 0123456789ab"


def test_the_standard_error_is_that_of_the_paper() -> None:
    found = over_folds(np.array([[0.1, 0.2, 0.3, 0.4]]))
    assert isinstance(found, FoldInterval)
    assert found.mean == pytest.approx(0.25)
    variance = np.var([0.1, 0.2, 0.3, 0.4], ddof=1)
    # a fold of four is tested after training on two: n_test / n_train = 1/2
    assert found.se == pytest.approx(math.sqrt(variance * (1 / 4 + 1 / 2)))
    assert found.half(0.05) == pytest.approx(3.182446 * found.se, rel=1e-5)
    assert found.p == pytest.approx(0.1114, abs=5e-4)


def test_a_repeat_that_lacks_a_fold_is_left_out() -> None:
    whole = {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4}
    assert between_folds(whole | {4: 9.0, 5: 9.0, 7: 9.0}, COMPUTED) == between_folds(
        whole, COMPUTED
    )
    assert isinstance(between_folds({0: 0.1, 1: 0.2, 2: 0.3}, COMPUTED), Unattainable)


def test_repeats_of_saved_folds_are_no_further_evidence() -> None:
    whole = {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4}
    twice = whole | {seed + 4: d for seed, d in whole.items()}
    assert between_folds(twice, SAVED) == between_folds(whole, SAVED)
    narrower = between_folds(twice, COMPUTED)
    assert isinstance(narrower, FoldInterval)
    assert narrower.folds == 8


def test_folds_without_any_spread_have_no_interval() -> None:
    assert isinstance(between_folds(dict.fromkeys(range(4), 0.1), COMPUTED), Unattainable)


def error_rate(repeats: int, folds: int, *, corrected: bool, studies: int = 600) -> float:
    """Share of studies that find a difference between two learners that are equally good.

    Each learner predicts y by the mean of a feature of its own over the training windows; the loss
    is the squared error on the test fold. By symmetry, the expected difference is 0.
    """
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(studies):
        y_N, a_N, b_N = rng.normal(size=(3, 60))
        d_SK = np.array([_losses(y_N, a_N, b_N, folds, rng) for _ in range(repeats)])
        found = over_folds(d_SK)
        assert isinstance(found, FoldInterval)
        se = found.se if corrected else d_SK.std(ddof=1) / math.sqrt(d_SK.size)
        wrong += FoldInterval(found.mean, float(se), d_SK.size).p < 0.05
    return wrong / studies


def _losses(
    y_N: NDArray[np.float64],
    a_N: NDArray[np.float64],
    b_N: NDArray[np.float64],
    folds: int,
    rng: np.random.Generator,
) -> list[float]:
    fold_N = rng.permutation(len(y_N)) % folds
    losses = []
    for fold in range(folds):
        test_N = fold_N == fold
        train_N = ~test_N & (fold_N != (fold + 1) % folds)
        errors = [(y_N[test_N] - x_N[train_N].mean()) ** 2 for x_N in (a_N, b_N)]
        losses.append(float((errors[0] - errors[1]).mean()))
    return losses


def test_equal_learners_are_told_apart_in_at_most_every_twentieth_study() -> None:
    # 0.05 plus three standard errors of a rate over 600 studies
    assert error_rate(1, 5, corrected=True) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)
    assert error_rate(4, 5, corrected=True) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_without_the_correction_repeats_would_find_differences_that_are_none() -> None:
    assert error_rate(4, 5, corrected=False) > 0.15


def test_a_plan_of_folds_knows_the_split_of_each_run() -> None:
    folds = folds_in(SPLIT)
    assert folds == COMPUTED
    assert folds.is_of_run("fold1of4_seed2_neg-as-given ba9876543210", 9)
    assert not folds.is_of_run("fold1of4_seed0_neg-as-given ba9876543210", 9)
    assert not folds.is_of_run("cold-rna_70-15-15_seed0_neg-as-given ba9876543210", 9)
    assert folds_in("cold-rna_70-15-15_seed0_neg-as-given ba9876543210") is None
    saved = folds_in("folds4_given-fold-01234567_neg-as-given 0123456789ab")
    assert saved == SAVED
    assert saved.is_of_run("fold1_given-89abcdef_neg-as-given 89abcdef0123", 9)


def test_rows_of_another_fold_are_no_rows_of_a_run() -> None:
    study = plan((0, 1, 2, 3), split=SPLIT)
    arm = study.arms[0].name
    rows = [
        row(arm, seed, provenance={"split": f"fold{fold}of4_seed0_neg-as-given {seed:012d}"})
        for seed, fold in ((0, 0), (1, 1), (2, 0))
    ]
    ours, others = planned_runs(study, rows)
    assert sorted(seed for _, seed in ours) == [0, 1]
    assert [row.seed for row in others] == [2]


def test_each_fold_is_judged_on_the_clusters_that_it_scores() -> None:
    scored = {0: {"1_a": 0.6, "2_a": 0.8}, 1: {"1_a": 0.7}, 2: {"2_a": 0.6}, 3: {"3_a": 0.9}}
    runs = {("old", seed): row("old", seed, each) for seed, each in scored.items()}
    runs |= {
        ("new", seed): row("new", seed, {name: value + 0.1 * seed for name, value in each.items()})
        for seed, each in scored.items()
    }
    table = pair(CONTRAST, runs, (0, 1, 2, 3), folds=COMPUTED)
    assert table.by_fold == pytest.approx({0: 0.0, 1: 0.1, 2: 0.2, 3: 0.3})
    assert isinstance(table.result, FoldInterval)
    assert table.result.mean == pytest.approx(0.15)
    same = {("new", seed): row("new", seed, each) for seed, each in scored.items()}
    assert pair(CONTRAST, runs | same, (0, 1, 2, 3), folds=COMPUTED).result == Inert()
