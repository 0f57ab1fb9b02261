import numpy as np
import pytest
from scipy.special import expit
from toy_data import by_hand

from rpbind.baselines.degree import protein_degree, protein_only, rna_degree
from rpbind.baselines.run import baseline_rows
from rpbind.data.clusters import silent

TRAIN = ["A ACGU c0 1", "A GGGG c1 1", "A CCCC c2 0", "B ACGU c0 1", "B UUUU c3 0", "B AAAA c4 0"]


def test_the_protein_prior_is_its_bound_share_or_for_a_new_protein_the_share_of_all() -> None:
    data = by_hand(TRAIN, ["A CUCU c9 0", "B CUCU c9 1", "C CUCU c9 0"])
    prediction = protein_degree(data, silent)
    share = [(2 + 0.5) / 4, (1 + 0.5) / 4, 0.5]
    assert expit(prediction.logit_T) == pytest.approx(share)


def test_the_rna_prior_uses_the_window_else_its_cluster_else_all_windows() -> None:
    data = by_hand(TRAIN, ["C ACGU c0 0", "C AAGU c0 0", "C CUCU c9 0"])
    prediction = rna_degree(data, silent)
    cluster = (2 + 0.5) / 3
    assert expit(prediction.logit_T) == pytest.approx([(2 + cluster) / 3, cluster, 0.5])


def test_the_rna_prior_does_not_read_the_labels_of_test_windows() -> None:
    one, other = (
        rna_degree(by_hand(TRAIN, [f"C ACGU c0 {label}", f"C UUUU c3 {1 - label}"]), silent)
        for label in (0, 1)
    )
    assert one.logit_T.tolist() == other.logit_T.tolist()


def test_the_protein_only_baseline_gives_one_score_per_protein_that_follows_its_share() -> None:
    data = by_hand(TRAIN, ["A CUCU c9 0", "A GUGU c9 1", "B CUCU c9 1", "B GAGA c9 0"])
    a1, a2, b1, b2 = protein_only(data, silent).logit_T
    assert a1 == a2
    assert b1 == b2
    assert a1 > b1


def test_a_constant_column_of_protein_vectors_causes_no_division_by_zero() -> None:
    data = by_hand(TRAIN, ["A CUCU c9 0", "B CUCU c9 1"])
    assert np.isfinite(protein_only(data, silent).logit_T).all()


def tiling(label: int) -> list[str]:
    """Four windows of one cluster with this label, and one window of each of four others."""
    tiled = [f"A {letters} c1 {label}" for letters in ("AACC", "ACCG", "CCGU", "CGUU")]
    return tiled + [f"A GACC c{n} {1 - label}" for n in (2, 3, 4, 5)]


@pytest.mark.parametrize(("label", "auroc"), [(1, 1.0), (0, 0.0)])
def test_density_ranks_windows_that_tile_a_locus_and_is_flagged_on_either_side(
    label: int, auroc: float
) -> None:
    (row,) = baseline_rows(by_hand(TRAIN, tiling(label)), ["density"])
    assert row.metrics["test.auroc_macro"] == auroc
    assert {found.name for found in row.findings} >= {"selection ranks, macro"}
    assert "test.loss" not in row.metrics


def test_density_counts_no_training_window_and_no_window_of_another_protein() -> None:
    test = ["A ACGU c0 1", "A GGGG c1 0", "B ACGU c0 1", "B GGGG c1 0"]
    (row,) = baseline_rows(by_hand(TRAIN * 3, test), ["density"])
    assert row.metrics["test.auroc_macro"] == 0.5
    assert not row.findings


def test_cluster_size_counts_the_test_windows_of_all_proteins() -> None:
    test = ["A ACGU c0 1", "A GGGG c1 0", "B ACGG c0 0", "B GGGG c2 1"]
    rows = {row.arm: row for row in baseline_rows(by_hand(TRAIN, test), ["cluster-size", "gc"])}
    assert {score.protein: score.auroc for score in rows["cluster-size"].proteins} == {
        "A": 1,
        "B": 0,
    }
    assert {score.protein: score.auroc for score in rows["gc"].proteins} == {"A": 0, "B": 1}
