"""Calibration, ROC and precision-recall curves of scores, on toys with known answers."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import precision_recall_curve, roc_curve
from toy_runs import CONV_SMALL, job, open_inputs, silent

from rpbind.ledger import Row
from rpbind.metrics import WindowScores
from rpbind.score_curves import GRID_F, both_curves, score_curves
from rpbind.train.calibration import calibrate, calibrated_metrics
from rpbind.train.machine import Machine
from rpbind.train.run import train_run


def scores(logit_N: np.ndarray, label_N: np.ndarray, protein_N: np.ndarray) -> WindowScores:
    return WindowScores(logit_N.astype(np.float32), label_N.astype(np.uint8), protein_N)


@pytest.fixture
def drawn() -> WindowScores:
    """Two thousand windows of four proteins, with ties; the fourth has no bound window."""
    rng = np.random.default_rng(0)
    logit_N, protein_N = np.round(rng.normal(0, 2, 2000), 1), rng.integers(0, 4, 2000)
    label_N = (rng.random(2000) < expit(logit_N)) & (protein_N < 3)
    return scores(logit_N, label_N, protein_N)


def curves_of(found: WindowScores) -> dict[str, list[float]]:
    return score_curves(found, calibrate(found).probability(found.logit_N))


def both(label_N: list[int], score_N: list[float]) -> tuple[np.ndarray, np.ndarray]:
    found = both_curves(np.array(label_N, dtype=np.uint8), np.array(score_N))
    assert found is not None
    return found


def test_scores_that_separate_all_windows_have_curves_of_one() -> None:
    roc_F, pr_F = both([0, 0, 1, 1], [-2, -1, 1, 2])
    assert roc_F.tolist() == [1.0] * len(GRID_F)
    assert pr_F.tolist() == [1.0] * len(GRID_F)


def test_tied_scores_have_the_diagonal_and_the_share_of_bound_windows() -> None:
    roc_F, pr_F = both([0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5])
    assert roc_F == pytest.approx(GRID_F)
    assert pr_F.tolist() == [0.25] * len(GRID_F)


def test_curves_of_four_windows_are_those_drawn_by_hand() -> None:
    roc_F, pr_F = both([1, 0, 1, 0], [4, 3, 2, 1])
    half = len(GRID_F) // 2
    assert set(roc_F[:half]) == {0.5}  # one of two bound windows is above every unbound one
    assert set(roc_F[half:]) == {1.0}
    assert set(pr_F[: half + 1]) == {1.0}
    assert pr_F[half + 1 :] == pytest.approx(np.full(half, 2 / 3))


def test_pooled_curves_are_those_of_scikit_learn(drawn: WindowScores) -> None:
    found = curves_of(drawn)
    false_C, true_C, _ = roc_curve(drawn.label_N, drawn.logit_N, drop_intermediate=False)
    assert found["roc.pooled"] == pytest.approx(np.interp(GRID_F, false_C, true_C), abs=1e-5)
    precision_C, recall_C, _ = precision_recall_curve(drawn.label_N, drawn.logit_N)
    first = [max(np.flatnonzero(recall_C[:-1] >= recall - 1e-9)) for recall in GRID_F]
    assert found["pr.pooled"] == pytest.approx(precision_C[first], abs=1e-5)


def test_the_area_below_the_grid_is_the_auroc(drawn: WindowScores) -> None:
    area = np.trapezoid(curves_of(drawn)["roc.pooled"], GRID_F)
    assert drawn.pooled.auroc is not None
    assert area == pytest.approx(drawn.pooled.auroc, abs=0.002)


def test_the_mean_over_proteins_counts_each_protein_with_both_classes_once(
    drawn: WindowScores,
) -> None:
    found = curves_of(drawn)
    mine = [drawn.protein_N == protein for protein in range(3)]
    each = [both_curves(drawn.label_N[m], drawn.logit_N[m]) for m in mine]
    assert found["proteins"] == [3.0]
    for n, name in enumerate(("roc.proteins", "pr.proteins")):
        mean_F = np.mean([curves[n] for curves in each if curves], axis=0)
        assert found[name] == pytest.approx(mean_F, abs=1e-5)


def test_the_calibration_error_of_the_bins_is_that_of_the_row(drawn: WindowScores) -> None:
    found = curves_of(drawn)
    metrics = calibrated_metrics(calibrate(drawn), drawn, "test")
    for name, metric in (("raw", "test.ece"), ("calibrated", "test.ece_calibrated")):
        count, said, bound = (
            np.array(found[f"{name}.{what}"]) for what in ("windows", "probability", "bound")
        )
        assert count.sum() == 2000
        assert (count * abs(said - bound)).sum() / 2000 == pytest.approx(metrics[metric], abs=2e-5)


def test_windows_of_one_class_have_calibration_but_no_other_curve() -> None:
    found = curves_of(scores(np.array([0.0, 1.0]), np.array([0, 0]), np.array([0, 1])))
    assert {name.partition(".")[0] for name in found} == {"raw", "calibrated"}


def trained(folder: Path, tiny: Path, **changes: str) -> Row:
    return train_run(
        job(folder, CONV_SMALL, **changes), open_inputs(tiny), Machine(), "test", silent
    )


def test_a_run_records_its_curves_on_test_and_gives_the_same_bits_twice(
    tiny: Path, tmp_path: Path
) -> None:
    row = trained(tmp_path / "one", tiny)
    assert len(row.test_curves["roc.proteins"]) == len(GRID_F) <= 64
    assert sum(len(values) for values in row.test_curves.values()) < 300
    assert row.test_curves == trained(tmp_path / "two", tiny).test_curves
    assert Row.model_validate_json(row.model_dump_json()) == row


def test_a_trial_of_a_search_is_not_scored_on_test(tiny: Path, tmp_path: Path) -> None:
    assert trained(tmp_path, tiny, stage="search").test_curves == {}
