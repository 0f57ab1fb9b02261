"""Looking again: at which level a study is judged that was judged before and then extended.

A study that is extended only where its first look did not decide has more than one chance to be
wrong. The levels of all looks sum to less than 0.065, whatever ties the looks together.
"""

from __future__ import annotations

from rpbind.ledger import Plan
from rpbind.statistics.verdict import ALPHA

SECOND_LEVEL = 0.01
"""The level of the second look; every later one has a third of the level before it."""

TOTAL_LEVEL = ALPHA + SECOND_LEVEL * 1.5
"""What the levels of arbitrarily many looks sum to."""


def analysis_number(plan: Plan) -> int:
    """Return which look a study is at: 1, and one more for every time it was judged before."""
    return 1 + sum(bool(look.verdicts) for look in plan.looks)


def level_of(look: int) -> float:
    """Return the level at which Holm and equivalence judge at a look: .05, .01, .0033, ..."""
    return ALPHA if look == 1 else SECOND_LEVEL * 3.0 ** (2 - look)
