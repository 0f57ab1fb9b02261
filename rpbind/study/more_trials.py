"""Reopen a finished search for more trials or a larger budget.

Its trials stay, and its winner is chosen again when the added trials have ended. The plan records
the evaluations on test before that: of which winner, after how many trials, and their verdicts.
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
from rpbind.study.extend import shown_verdicts

BUDGETS = ("minutes", "train_seconds")


def with_its_search(plan: Plan, existing: Plan, ledger: Ledger) -> Plan:
    """Return a plan with the existing search, reopened if the plan has more trials or budget.

    Raises `UserError` if the plan has a smaller search than the existing study.
    """
    if existing.search is None or plan.search is None:
        return plan
    _check_larger(existing.search, plan.search, ledger)
    closed = "closed" in existing.search
    if closed and not _has_more(existing.search, plan.search, ledger):
        return plan.model_copy(update={"arms": existing.arms, "search": existing.search})
    past = list(existing.search.get("extensions", ()))
    analyses = plan.looks
    if closed:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made = max(_made(existing.search, ledger).values())
        past.append({"when": now, "made": made, **_closed_search(existing)})
        analyses += _interim_analysis(now, existing, ledger)
    search = plan.search | ({"extensions": past} if past else {})
    return plan.model_copy(update={"search": search, "looks": analyses})


def _check_larger(before: Mapping[str, Any], after: Mapping[str, Any], ledger: Ledger) -> None:
    """Raise `UserError` on fewer trials, or on as many with a smaller budget."""
    if after["trials"] < before["trials"]:
        raise UserError(
            f"The search of {ledger.study} has {before['trials']} trials, and this command has "
            f"--trials {after['trials']}, but a search cannot be made smaller. Use --trials "
            f"{before['trials']} or more, or another --name."
        )
    smaller = [
        f"--budget-{name.replace('_', '-')}: {budget_text(old)} → {budget_text(new)}"
        for name, old, new in zip(BUDGETS, _budget(before), _budget(after), strict=True)
        if new < old
    ]
    if after["trials"] == before["trials"] and smaller:
        raise UserError(
            f"The search of {ledger.study} had a larger budget ({', '.join(smaller)}), and "
            "a budget cannot be made smaller. Use the earlier budget, a larger one, or another "
            "--name."
        )


def _has_more(before: Mapping[str, Any], after: Mapping[str, Any], ledger: Ledger) -> bool:
    """Whether a closed search gets more trials, or more budget for trials that are missing."""
    if after["trials"] > before["trials"]:
        return True
    left = min(_made(before, ledger).values()) < after["trials"]
    return left and _budget(after) != _budget(before)


def _made(search: Mapping[str, Any], ledger: Ledger) -> dict[str, int]:
    """Return {search: number of its trials}."""
    names = [search_of(name) for name in trials_of(ledger.rows("search"))]
    return {name: names.count(name) for name in winner_arms(search)}


def _budget(search: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the budgets of a search in the order of `BUDGETS`; infinite if not given."""
    budget = search.get("budget", {})
    return tuple(math.inf if budget.get(name) is None else budget[name] for name in BUDGETS)


def budget_text(budget: float) -> str:
    """Return a budget as text: "none" if it is unlimited."""
    return "none" if math.isinf(budget) else f"{budget:g}"


def _closed_search(existing: Plan) -> dict[str, Any]:
    """Return what the plan keeps of a closed search: its size, and its winners."""
    search = existing.search or {}
    recipes = {arm.name: arm.recipe_id for arm in existing.arms}
    won = {
        name: {**each, "recipe_id": recipes[each["arm"]]}
        for name, each in search.get("winners", {}).items()
    }
    return {key: search[key] for key in SEARCH_SIZE if key in search} | {"winners": won}


def _interim_analysis(when: str, existing: Plan, ledger: Ledger) -> tuple[InterimAnalysis, ...]:
    """Return the analysis of tuned arms if they were judged; only their error level changes."""
    tuned = read(ledger).tuned
    verdicts = shown_verdicts(tuned.contrasts if tuned else ())
    trials = int((existing.search or {})["trials"])
    analysis = InterimAnalysis(
        when=when, seeds=len(existing.seeds), trials=trials, verdicts=verdicts
    )
    return (analysis,) if verdicts else ()
