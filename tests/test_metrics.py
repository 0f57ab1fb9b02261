import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from rpbind.data.dataset import Protein
from rpbind.ledger import ProteinScore
from rpbind.metrics import WindowScores, macro_average, summarise
from rpbind.statistics.ranking import Ranking, rank_by_group

PROTEINS = (
    Protein("A_K562", "A", "M", 0),
    Protein("A_HepG2", "A", "M", 0),
    Protein("B", "B", "M", 1),
    Protein("unseen", "U", "M", 2),
)


def ranking(label_N: np.ndarray, score_N: np.ndarray) -> Ranking:
    return rank_by_group(label_N, score_N, np.zeros(len(label_N), dtype=np.int64))[0]


def scores(*rows: tuple[int, int, float]) -> WindowScores:
    """Rows are (protein, label, logit)."""
    protein_N, label_N, logit_N = zip(*rows, strict=True)
    return WindowScores(
        np.array(logit_N, dtype=np.float32),
        np.array(label_N, dtype=np.uint8),
        np.array(protein_N, dtype=np.int64),
    )


@pytest.mark.parametrize(
    ("label", "score", "auroc"),
    [
        ([0, 0, 1, 1], [1, 2, 3, 4], 1.0),
        ([1, 1, 0, 0], [1, 2, 3, 4], 0.0),
        ([0, 1, 0, 1], [1, 2, 3, 4], 0.75),
        ([0, 1, 0, 1], [7, 7, 7, 7], 0.5),
        ([0, 1, 0, 1], [1, 1, 0, 1], 0.75),
    ],
)
def test_auroc_is_the_share_of_pairs_in_the_right_order(
    label: list[int], score: list[float], auroc: float
) -> None:
    assert ranking(np.array(label, dtype=np.uint8), np.array(score)).auroc == auroc


def test_auprc_at_chance_level_is_the_share_of_positives() -> None:
    label_N = np.array([1, 0, 0, 0], dtype=np.uint8)
    assert ranking(label_N, np.zeros(4)).auprc == 0.25
    assert ranking(label_N, np.array([3.0, 0, 1, 2])).auprc == 1.0


@given(base=st.floats(-5, 5), noise=st.lists(st.floats(-4e-6, 4e-6), min_size=8, max_size=8))
def test_float_noise_around_one_score_has_an_auroc_of_exactly_one_half(
    base: float, noise: list[float]
) -> None:
    label_N = np.array([0, 1] * 4, dtype=np.uint8)
    score_N = (base + np.array(noise)).astype(np.float32)
    assert ranking(label_N, score_N).auroc == 0.5


def test_a_model_that_ignores_the_rna_is_at_chance_per_protein_if_not_pooled() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for protein, prior in ((0, 2.0), (1, 1.0), (2, -2.0)):
        positives = {0: 9, 1: 7, 2: 1}[protein]
        noise = rng.uniform(-3e-6, 3e-6, 10)
        rows += [(protein, int(i < positives), prior + noise[i]) for i in range(10)]
    metrics, per_protein = summarise(scores(*rows), PROTEINS, "test")
    assert metrics["test.auroc_macro"] == 0.5
    assert [score.auroc for score in per_protein] == [0.5, 0.5, 0.5]
    assert metrics["test.auroc_pooled"] > 0.8


def test_a_protein_with_one_class_has_a_score_without_auroc() -> None:
    metrics, per_protein = summarise(
        scores((0, 1, 2.0), (0, 0, 1.0), (2, 1, 3.0)), PROTEINS, "validation"
    )
    only = ProteinScore(
        part="validation", protein="B", cluster=1, windows=1, positives=1, auroc=None, auprc=None
    )
    assert per_protein[1] == only
    assert metrics["validation.auroc_macro"] == 1.0
    assert [score.protein for score in per_protein] == ["A_K562", "B"]


def test_two_proteins_of_one_cluster_count_once_in_the_macro_average() -> None:
    right, wrong = ((1, 1.0), (0, 0.0)), ((1, 0.0), (0, 1.0))
    rows = [(p, *row) for p, rows in ((0, right), (1, right), (2, wrong)) for row in rows]
    _, per_protein = summarise(scores(*rows), PROTEINS, "test")
    assert [score.auroc for score in per_protein] == [1.0, 1.0, 0.0]
    assert macro_average(per_protein, "auroc") == 0.5


def test_a_part_with_one_class_in_every_protein_has_no_macro_average() -> None:
    metrics, per_protein = summarise(scores((0, 1, 2.0), (2, 0, 1.0)), PROTEINS, "test")
    assert macro_average(per_protein, "auroc") is None
    assert "test.auroc_macro" not in metrics
    assert metrics["test.auroc_pooled"] == 1.0


def test_loss_is_ln_2_at_chance_and_0_for_sure_and_right_predictions() -> None:
    chance, _ = summarise(scores((0, 1, 0.0), (0, 0, 0.0)), PROTEINS, "test")
    sure, _ = summarise(scores((0, 1, 800.0), (0, 0, -800.0)), PROTEINS, "test")
    assert chance["test.loss"] == pytest.approx(math.log(2), abs=1e-15)
    assert sure["test.loss"] == 0.0


def test_a_confident_mistake_costs_its_logit() -> None:
    metrics, _ = summarise(scores((0, 1, -800.0), (0, 0, -800.0)), PROTEINS, "test")
    assert metrics["test.loss"] == 400.0


def test_accuracy_is_the_share_on_the_right_side_of_zero() -> None:
    rows = scores((0, 1, 0.1), (0, 1, -0.1), (0, 0, -5.0), (2, 0, -0.2))
    assert summarise(rows, PROTEINS, "validation")[0]["validation.accuracy"] == 0.75


@given(seed=st.integers(0, 1000), groups=st.integers(1, 6), levels=st.sampled_from([2, 5, 10**6]))
def test_one_sort_over_all_groups_ranks_each_as_scikit_learn_does(
    seed: int, groups: int, levels: int
) -> None:
    draw = np.random.default_rng(seed)
    group_N = 7 * draw.integers(0, groups, 60)
    label_N = draw.integers(0, 2, 60).astype(np.uint8)
    score_N = (draw.integers(0, levels, 60) / 10).astype(np.float32)
    found = rank_by_group(label_N, score_N, group_N)
    assert set(found) == set(group_N.tolist())
    for group, one in found.items():
        mine = group_N == group
        label, score = label_N[mine], np.round(score_N[mine].astype(np.float64), 5)
        assert (one.windows, one.positives) == (mine.sum(), label.sum())
        if label.min() == label.max():
            assert one.auroc is one.auprc is None
        else:
            assert one.auroc == pytest.approx(roc_auc_score(label, score), abs=1e-12)
            assert one.auprc == pytest.approx(average_precision_score(label, score), abs=1e-12)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_not_ranked(odd: float) -> None:
    with pytest.raises(ValueError):
        ranking(np.array([0, 1], dtype=np.uint8), np.array([0.0, odd]))


def pairwise_weighted(label_N: np.ndarray, score_N: np.ndarray, weight_N: np.ndarray) -> float:
    """The definition: the weight of the pairs in the right order, over that of all pairs."""
    right = total = 0.0
    for bound in np.flatnonzero(label_N == 1):
        for unbound in np.flatnonzero(label_N == 0):
            pair = weight_N[bound] * weight_N[unbound]
            total += pair
            right += pair * (
                (score_N[bound] > score_N[unbound]) + 0.5 * (score_N[bound] == score_N[unbound])
            )
    return right / total


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 4), st.integers(1, 9)),
        min_size=1,
        max_size=40,
    )
)
def test_the_weighted_auroc_of_each_group_is_that_of_all_its_pairs(
    rows: list[tuple[int, int, int, int]],
) -> None:
    group_N, label_N, score_N, own_N = (np.array(column) for column in zip(*rows, strict=True))
    found = rank_by_group(label_N.astype(np.uint8), score_N.astype(float), group_N, 1 / own_N)
    for group, ranked in found.items():
        mine = group_N == group
        if ranked.auroc is None:
            assert ranked.auroc_weighted is None
        else:
            expected = pairwise_weighted(label_N[mine], score_N[mine], 1 / own_N[mine])
            assert ranked.auroc_weighted == pytest.approx(expected, abs=1e-12)


def in_clusters(*rows: tuple[int, int, float, int]) -> WindowScores:
    """Rows are (protein, label, logit, overlap cluster)."""
    plain = scores(*(row[:3] for row in rows))
    return replace(plain, cluster_N=np.array([row[3] for row in rows], dtype=np.int32))


def test_a_locus_of_many_windows_weighs_like_one_window() -> None:
    """Four bound windows tile one peak, and are ranked right; the bound window elsewhere is not."""
    rows = [(2, 1, 2.0, 7)] * 4 + [(2, 1, 0.0, 8), (2, 0, 1.0, 9)]
    metrics, _ = summarise(in_clusters(*rows), PROTEINS, "test")
    assert metrics["test.auroc_macro"] == pytest.approx(4 / 5)
    assert metrics["test.auroc_weighted"] == pytest.approx(1 / 2)


def test_without_two_windows_in_a_cluster_the_weighted_auroc_is_the_headline() -> None:
    rows = [(p, n % 2, float(n * 7 % 5), n) for p in (0, 1, 2) for n in range(9)]
    metrics, _ = summarise(in_clusters(*rows), PROTEINS, "test")
    assert metrics["test.auroc_weighted"] == pytest.approx(metrics["test.auroc_macro"])


def test_the_plain_mean_gives_each_protein_of_a_cluster_its_own_weight() -> None:
    """Proteins 0 and 1 are one cluster with AUROCs 1 and 1; protein 2 has 0."""
    rows = [(p, label, float(label if p < 2 else -label), 0) for p in (0, 1, 2) for label in (0, 1)]
    metrics, _ = summarise(in_clusters(*rows), PROTEINS, "test")
    assert metrics["test.auroc_macro"] == pytest.approx(1 / 2)
    assert metrics["test.auroc_proteins"] == pytest.approx(2 / 3)


def test_without_overlap_clusters_no_metric_is_weighted() -> None:
    metrics, _ = summarise(scores((0, 1, 1.0), (0, 0, 0.0)), PROTEINS, "test")
    assert "test.auroc_weighted" not in metrics
