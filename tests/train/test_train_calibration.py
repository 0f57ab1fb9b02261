"""Platt scaling and the threshold of greatest MCC, on logits with known probabilities."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from rpbind.metrics import WindowScores
from rpbind.train.calibration import calibrate, calibrated_metrics, mcc_threshold


def scores(logit_N: np.ndarray, label_N: np.ndarray) -> WindowScores:
    protein_N = np.zeros(len(label_N), dtype=np.int64)
    return WindowScores(logit_N.astype(np.float32), label_N.astype(np.uint8), protein_N)


def drawn(count: int, slope: float, intercept: float) -> WindowScores:
    """Logits whose true probability is known."""
    rng = np.random.default_rng(0)
    logit_N = rng.normal(0, 2, count)
    chance_N = 1 / (1 + np.exp(-(slope * logit_N + intercept)))
    return scores(logit_N, rng.random(count) < chance_N)


def test_an_overconfident_shifted_model_is_corrected() -> None:
    calibration = calibrate(drawn(40_000, 0.4, -1.0))
    assert calibration.slope == pytest.approx(0.4, abs=0.02)
    assert calibration.intercept == pytest.approx(-1.0, abs=0.03)
    assert calibration.windows == 40_000


def test_logits_of_any_scale_are_fitted() -> None:
    plain, tiny = drawn(5_000, 1.0, 0.5), drawn(5_000, 1.0, 0.5)
    tiny = scores(tiny.logit_N * 1e-3 + 5, tiny.label_N)
    np.testing.assert_allclose(
        calibrate(tiny).probability(tiny.logit_N),
        calibrate(plain).probability(plain.logit_N),
        atol=1e-3,
    )


def test_a_model_that_separates_all_windows_does_not_get_probabilities_of_0_and_1() -> None:
    calibration = calibrate(scores(np.repeat([-3.0, 3.0], 50), np.repeat([0, 1], 50)))
    np.testing.assert_allclose(
        calibration.probability(np.array([-3.0, 3.0])), [1 / 52, 51 / 52], atol=1e-4
    )


def test_a_model_with_one_score_gets_the_share_of_positives() -> None:
    calibration = calibrate(scores(np.full(1000, -0.0162), np.repeat([0, 1], [750, 250])))
    assert calibration.slope == 0.0
    assert calibration.probability(np.array([9.0]))[0] == pytest.approx(0.25, abs=1e-3)
    assert calibration.threshold == pytest.approx(-0.0162)


def test_no_other_threshold_has_a_greater_mcc() -> None:
    sample = drawn(300, 1.0, -1.0)
    threshold = mcc_threshold(sample.logit_N, sample.label_N)
    candidates = np.unique(sample.logit_N)
    best = max(matthews_corrcoef(sample.label_N, sample.logit_N > other) for other in candidates)
    assert matthews_corrcoef(sample.label_N, sample.logit_N > threshold) == pytest.approx(best)
    assert threshold not in candidates


@pytest.mark.parametrize("cut", [-9.0, 0.3, 9.0])
def test_the_reported_mcc_is_that_of_scikit_learn(cut: float) -> None:
    """0 where all windows are called alike."""
    sample = drawn(300, 1.0, -1.0)
    calibration = replace(calibrate(sample), threshold=cut)
    expected = matthews_corrcoef(sample.label_N, sample.logit_N > cut)
    assert calibrated_metrics(calibration, sample, "test")["test.mcc"] == pytest.approx(expected)
