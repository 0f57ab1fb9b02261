"""More trials, or a larger budget, for a search that is there: it is opened again for them.

Its trials stay, and its winner is named anew when the added ones have ended. What was read on test
by then is written into the plan: for which winner, after how many trials, and what was seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rpbind.analysis.summary import read
from rpbind.analysis.winners import winner_arms
from rpbind.errors import UserError
from rpbind.ledger import InterimAnalysis, Ledger, Plan
from rpbind.ledger.plans import SEARCH_SIZE
from rpbind.ledger.trials import search_of, trials_of
from rpbind.study.extend import seen

BUDGETS = ("minutes", "train_seconds")


def with_its_search(plan: Plan, there: Plan, ledger: Ledger) -> Plan:
    """Return a plan with its search as the folder's study has it, or opened again for more.

    Raises `UserError` where the search is to be smaller than it is.
    """
    if there.search is None or plan.search is None:
        return plan
    _check_larger(there.search, plan.search, ledger)
    closed = "closed" in there.search
    if closed and not _has_more(there.search, plan.search, ledger):
        return plan.model_copy(update={"arms": there.arms, "search": there.search})
    past = list(there.search.get("extensions", ()))
    looks = plan.looks
    if closed:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made = max(_made(there.search, ledger).values())
        past.append({"when": now, "made": made, **_of(there)})
        looks += _look(now, there, ledger)
    search = plan.search | ({"extensions": past} if past else {})
    return plan.model_copy(update={"search": search, "looks": looks})


def _check_larger(before: Mapping[str, Any], after: Mapping[str, Any], ledger: Ledger) -> None:
    """Refuse fewer trials, or as many in a smaller budget: nothing is taken back."""
    if after["trials"] < before["trials"]:
        raise UserError(
            f"The search of {ledger.study} has {before['trials']} trials, and this command asks "
            f"for {after['trials']}: trials are added to a search, and none is taken back. Ask for "
            f"{before['trials']} or more, or choose another --name."
        )
    smaller = [
        f"--budget-{name.replace('_', '-')}: {told(old)} → {told(new)}"
        for name, old, new in zip(BUDGETS, _budget(before), _budget(after), strict=True)
        if new < old
    ]
    if after["trials"] == before["trials"] and smaller:
        raise UserError(
            f"The search of {ledger.study} had a larger budget ({', '.join(smaller)}), and none is "
            "taken back. Give the budget that it had or a larger one, or choose another --name."
        )


def _has_more(before: Mapping[str, Any], after: Mapping[str, Any], ledger: Ledger) -> bool:
    """Whether a closed search is given more trials, or time for those that it has not made."""
    if after["trials"] > before["trials"]:
        return True
    left = min(_made(before, ledger).values()) < after["trials"]
    return left and _budget(after) != _budget(before)


def _made(search: Mapping[str, Any], ledger: Ledger) -> dict[str, int]:
    """Return how many trials each search has made."""
    names = [search_of(name) for name in trials_of(ledger.rows("search"))]
    return {name: names.count(name) for name in winner_arms(search)}


def _budget(search: Mapping[str, Any]) -> tuple[float, ...]:
    budget = search.get("budget", {})
    return tuple(math.inf if budget.get(name) is None else budget[name] for name in BUDGETS)


def told(budget: float) -> str:
    """Say a budget; one that was not given is none."""
    return "none" if math.isinf(budget) else f"{budget:g}"


def _of(there: Plan) -> dict[str, Any]:
    """Return what is kept of a closed search: its size, and the winners that read test."""
    search = there.search or {}
    recipes = {arm.name: arm.recipe_id for arm in there.arms}
    won = {
        name: {**each, "recipe_id": recipes[each["arm"]]}
        for name, each in search.get("winners", {}).items()
    }
    return {key: search[key] for key in SEARCH_SIZE if key in search} | {"winners": won}


def _look(when: str, there: Plan, ledger: Ledger) -> tuple[InterimAnalysis, ...]:
    """Return that tuned arms have been judged, where they have: the others are not judged anew."""
    tuned = read(ledger).tuned
    verdicts = seen(tuned.contrasts if tuned else ())
    trials = int((there.search or {})["trials"])
    look = InterimAnalysis(when=when, seeds=len(there.seeds), trials=trials, verdicts=verdicts)
    return (look,) if verdicts else ()
