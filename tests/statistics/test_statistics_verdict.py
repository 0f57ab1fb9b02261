from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpbind.statistics.contrast import Inert, Interval, Unattainable, two_way
from rpbind.statistics.verdict import Word, holm, judge, verdicts

DELTA = 0.010


def seeds_only(mean: float, half: float, seeds: int = 5) -> Interval:
    """An interval in which only the seeds vary, with this half-width at 5 %."""
    unit = Interval(0.0, seeds, 24, 1.0, 0.0, 0.0).half(0.05)
    return Interval(mean, seeds, 24, (half / unit) ** 2, 0.0, 0.0)


def test_holm_adjusts_a_family_worked_by_hand() -> None:
    adjusted, level = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert level == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4])


def test_contrasts_with_the_same_p_have_the_same_level() -> None:
    adjusted, level = holm(np.array([0.02, 0.001, 0.02]))
    assert adjusted.tolist() == [0.04, 0.003, 0.04]
    assert level.tolist() == [0.05 / 2, 0.05 / 3, 0.05 / 2]


@pytest.mark.parametrize(
    ("mean", "half", "word", "size"),
    [
        (0.030, 0.010, "better", "meaningful"),
        (-0.030, 0.010, "worse", "meaningful"),
        (0.015, 0.010, "better", "size uncertain"),
        (-0.015, 0.010, "worse", "size uncertain"),
        (0.005, 0.002, "better", "detectable but negligible"),
        (-0.005, 0.002, "worse", "detectable but negligible"),
        (0.001, 0.008, "no meaningful effect", None),
        (0.005, 0.030, "inconclusive", None),
    ],
)
def test_the_verdict_follows_from_interval_and_delta(
    mean: float, half: float, word: str, size: str | None
) -> None:
    verdict = judge(seeds_only(mean, half), 0.5, 0.05, DELTA)
    assert (verdict.word, verdict.size) == (word, size)


def test_an_inconclusive_contrast_has_the_seeds_that_would_decide_it() -> None:
    needed = judge(seeds_only(0.005, 0.030), 0.5, 0.05, DELTA).needs
    assert needed is not None
    assert needed.mde > 0.030
    assert needed.seeds is not None
    assert needed.seeds > 5


def test_contrasts_without_a_test_do_not_make_the_family_larger() -> None:
    tested = seeds_only(0.02, 0.015)
    alone = verdicts([tested], DELTA)
    among = verdicts([Inert(), tested, Unattainable(0.1, "1 paired seed")], DELTA)
    assert among[1] == alone[0]
    assert (among[0].word, among[0].p, among[0].ci) == ("inert", None, None)
    assert (among[2].word, among[2].p) == ("inconclusive", None)
    assert "unattainable" in among[2].reason


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_an_adjusted_interval_excludes_zero_exactly_if_holm_rejects(seed: int, K: int) -> None:
    rng = np.random.default_rng(seed)
    tables = [rng.normal(rng.uniform(-1, 1), 1, (4, 6)) for _ in range(K)]
    for verdict in verdicts([two_way(d_SG) for d_SG in tables], DELTA):
        assert verdict.word in get_args(Word)
        assert verdict.ci is not None
        assert verdict.p is not None
        assert (verdict.ci[0] > 0 or verdict.ci[1] < 0) == (verdict.p <= 0.05)


def test_a_report_without_contrasts_has_no_verdicts() -> None:
    assert verdicts([], DELTA) == []
