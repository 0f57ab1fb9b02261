"""Known-answer tests of the decision rule with few repetitions; benchmarks/ has the full ones."""

import known_collapses
import known_models
import known_worlds
import numpy as np
import pytest
from known_worlds import SDS, Check, interval, judged, table

from rpbind.statistics.contrast import Interval
from rpbind.statistics.power import needs

ROWS = known_worlds.ROWS | known_models.ROWS | known_collapses.ROWS
REPEATS = 200
SLACK = 2.5
"""Allowed standard errors beyond the bounds, which are for 2,000 repetitions or more."""


@pytest.mark.parametrize("row", range(1, 16))
def test_simulated_worlds_with_known_answers_get_them(row: int) -> None:
    _, measure = ROWS[row]
    checks = list(measure(REPEATS))
    assert checks
    assert [check for check in checks if not check.holds(SLACK)] == []


def test_a_check_holds_only_within_its_bounds() -> None:
    assert Check("share", 0.06, None, 0.065, 100).holds()
    assert not Check("share", 0.07, None, 0.065, 100).holds()
    assert Check("share", 0.07, None, 0.065, 100).holds(1)
    assert not Check("number", 0.07, None, 0.065).holds(9)


def test_an_effect_of_the_minimal_detectable_size_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(8)
    tables = [interval(table(rng, (5, 40), SDS)) for _ in range(1000)]
    typical = Interval(0.0, 5, 40, *np.mean([(t.run_ms, t.cluster_ms, t.cell_ms) for t in tables],
                                            axis=0))  # fmt: skip
    found = judged(rng, 1000, (5, 40), SDS, needs(typical, 0.05, 0.010).mde)
    assert 0.76 <= known_worlds.share(found, "better") <= 0.90
