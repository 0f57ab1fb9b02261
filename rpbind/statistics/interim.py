"""Interim analyses: the level at which a study is judged again after it was extended.

A study that is extended if its first analysis was inconclusive has more than one chance to be
wrong. The levels of all analyses sum to less than 0.065, however the analyses are correlated.
"""

from __future__ import annotations

from rpbind.ledger import Plan
from rpbind.statistics.verdict import ALPHA

SECOND_LEVEL = 0.01
"""The level of the second analysis; each later one has a third of the level before it."""

TOTAL_LEVEL = ALPHA + SECOND_LEVEL * 1.5
"""The sum of the levels of arbitrarily many analyses."""


def analysis_number(plan: Plan) -> int:
    """Return the number of a study's current analysis.

    Parameters
    ----------
    plan
        The study's plan.

    Returns
    -------
    int
        1 plus the number of interim analyses that gave verdicts.
    """
    return 1 + sum(bool(analysis.verdicts) for analysis in plan.looks)


def level_of(number: int) -> float:
    """Return the level for Holm's correction and the equivalence tests of an analysis.

    Parameters
    ----------
    number
        The number of the analysis, from 1.

    Returns
    -------
    float
        .05, .01, .0033, ...
    """
    return ALPHA if number == 1 else SECOND_LEVEL * 3.0 ** (2 - number)
