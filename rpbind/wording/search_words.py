"""Searches as text: what each one found, and what extending it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rpbind.analysis.tuned import Winner
from rpbind.ledger import Plan
from rpbind.wording.words import ABSENT, ends_of_auroc, number, plural


def winner_lines(winner: Winner) -> list[str]:
    """Return what a search found, then its best values, its first failure, and what is untried."""
    counts = ", ".join(f"{n} {outcome}" for outcome, n in winner.counts.items())
    means = ""
    if both := winner.averages:
        means = f", {both.source_words(4)}"
    ci = f" [{', '.join(ends_of_auroc(winner.ci))}]" if winner.ci else ""
    found = (
        f"{winner.search}: {_trials(winner)} ({counts}); best trial {winner.trial or ABSENT}, "
        f"validation AUROC {number(winner.search_score, 4)} in the search and "
        f"{number(winner.validation, 4)} on fresh seeds, test AUROC {number(winner.test, 4)}"
        f"{ci}{means}"
    )
    values = winner.values and f"  values of the best trial: {winner.values}"
    if winner.search_score is None:
        found = f"{winner.search}: {_trials(winner)} ({counts}); no trial is complete"
    failed = winner.first_failure and f"  first incomplete trial: {winner.first_failure}"
    untried = winner.untried and (
        f"  {winner.untried} of the space's {winner.size} configurations were not tried although "
        "others were repeated; tune.py --repeats redraw tries them instead of repeating"
    )
    return [line for line in (found, values, failed, untried) if line]


def _trials(winner: Winner) -> str:
    """Return "14 of 20 trials of 12 configurations"; numbers that add nothing are left out."""
    planned = f" of {winner.planned}" if winner.trials < winner.planned else ""
    trials = f"{winner.trials}{planned} {plural('trial', winner.trials)}"
    if winner.configurations >= winner.trials:
        return trials
    return f"{trials} of {winner.configurations} {plural('configuration', winner.configurations)}"


def extension_notes(plan: Plan) -> list[str]:
    """Return one sentence per extension of the search: what happened to its winner."""
    search = plan.search or {}
    return [
        f"The search was extended from {past['made']} trials after its winner was frozen and "
        f"evaluated on test: {_since(list(past['winners'].values()), plan)}"
        if past["winners"]
        else f"The search was extended from {past['made']} trials, none of which was complete."
        for past in search.get("extensions", ())
    ]


def _since(winners: Sequence[Mapping[str, Any]], plan: Plan) -> str:
    """Return what happened to the earlier winners of an extended search."""
    if "closed" not in (plan.search or {}):
        return "the search goes on and will choose its winner again."
    now = {arm.name: arm.recipe_id for arm in plan.arms}
    replaced = [str(each["trial"]) for each in winners if each["recipe_id"] != now.get(each["arm"])]
    if not replaced:
        return "the winner is still the same and was not evaluated on test again."
    return (
        f"{', '.join(replaced)} {'was' if len(replaced) == 1 else 'were'} replaced, and test was "
        "used again. The new test score comes after an earlier one was known."
    )
