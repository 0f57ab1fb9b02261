import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from rpbind.metrics import WindowScores
from rpbind.train.calibration import calibrate, mcc_threshold


def scores(logit_N: np.ndarray, label_N: np.ndarray) -> WindowScores:
    protein_N = np.zeros(len(label_N), dtype=np.int64)
    return WindowScores(logit_N.astype(np.float32), label_N.astype(np.uint8), protein_N)


def drawn(count: int, slope: float, intercept: float) -> WindowScores:
    """Logits whose true probability is known."""
    rng = np.random.default_rng(0)
    logit_N = rng.normal(0, 2, count)
    chance_N = 1 / (1 + np.exp(-(slope * logit_N + intercept)))
    return scores(logit_N, rng.random(count) < chance_N)


def test_an_overconfident_shifted_model_is_put_right() -> None:
    told = calibrate(drawn(40_000, 0.4, -1.0))
    assert told.slope == pytest.approx(0.4, abs=0.02)
    assert told.intercept == pytest.approx(-1.0, abs=0.03)
    assert told.windows == 40_000


def test_logits_of_any_scale_are_fitted() -> None:
    plain, tiny = drawn(5_000, 1.0, 0.5), drawn(5_000, 1.0, 0.5)
    tiny = scores(tiny.logit_N * 1e-3 + 5, tiny.label_N)
    np.testing.assert_allclose(
        calibrate(tiny).probability(tiny.logit_N),
        calibrate(plain).probability(plain.logit_N),
        atol=1e-3,
    )


def test_a_model_that_separates_all_is_not_called_certain() -> None:
    told = calibrate(scores(np.repeat([-3.0, 3.0], 50), np.repeat([0, 1], 50)))
    np.testing.assert_allclose(
        told.probability(np.array([-3.0, 3.0])), [1 / 52, 51 / 52], atol=1e-4
    )


def test_a_model_that_says_one_thing_gets_the_share_of_positives() -> None:
    told = calibrate(scores(np.full(1000, -0.0162), np.repeat([0, 1], [750, 250])))
    assert told.slope == 0.0
    assert told.probability(np.array([9.0]))[0] == pytest.approx(0.25, abs=1e-3)
    assert told.threshold == pytest.approx(-0.0162)


def test_no_other_threshold_has_a_greater_mcc() -> None:
    told = drawn(300, 1.0, -1.0)
    cut = mcc_threshold(told.logit_N, told.label_N)
    every = np.unique(told.logit_N)
    best = max(matthews_corrcoef(told.label_N, told.logit_N > other) for other in every)
    assert matthews_corrcoef(told.label_N, told.logit_N > cut) == pytest.approx(best)
    assert cut not in every
