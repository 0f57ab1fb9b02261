"""Three things that every study does are not much slower than when their speed was committed."""

import guard
import pytest


@pytest.mark.parametrize("name", guard.PAIRS)
def test_a_ratio_of_cpu_times_is_within_half_of_the_committed_one(name: str) -> None:
    assert guard.ratio(name) <= guard.LIMIT * guard.committed()[name]
