"""The importances of a study's hyperparameters, without importing Optuna before they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rpbind.ledger import Plan
from rpbind.ledger.search_results import SearchResult

if TYPE_CHECKING:
    from rpbind.analysis.importance import Importance


def importances_of(plan: Plan, found: Sequence[SearchResult]) -> tuple[Importance, ...]:
    """Rate the hyperparameters of a study's only search; several short searches are not rated.

    Each configuration counts once: a permutation would treat a repeat as independent of it.
    """
    from rpbind.analysis.importance import importances  # Optuna takes a second to import

    if len(found) != 1:
        return ()
    sign = 1 if found[0].objective.mode == "max" else -1
    trials = found[0].distinct
    done = [(t.rows[0].recipe, sign * t.value) for t in trials if t.value is not None]
    return importances(plan.search, done, np.random.default_rng(0)) if plan.search else ()
