"""The arms that a study's searches add: which they are to be, what they are, why one is not made.

A search whose trials all fail has no winner: its arm has no runs, though they were planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rpbind.ledger import Plan, Row
from rpbind.ledger.search_results import SearchResult
from rpbind.statistics.coverage import NEVER_MADE, OpenStates

TUNED = "tuned"
"""The arm that a search of one recipe adds."""

SEARCH = "search"
"""What the one search of such a study is called."""


def winner_arms(search: Mapping[str, Any]) -> dict[str, str]:
    """Return {search's name: the arm that its best is to be}, of what a plan says of its search."""
    arms = list(search.get("arms", ()))
    if arms == [TUNED]:
        return {SEARCH: TUNED}
    names = [f"{arm}.s{number}" for arm in arms for number in range(search.get("searches", 1))]
    return {name: name for name in names}


def required_runs(plan: Plan) -> list[tuple[str, int]]:
    """Return every run that a study asks for: those of its arms, and of arms that are not named."""
    return plan.planned + [(arm, seed) for arm in _without(plan).values() for seed in plan.seeds]


def arms_without_winner(plan: Plan, found: Sequence[SearchResult]) -> dict[str, str]:
    """Return {arm: why it was never made} of the closed searches that have no winner."""
    if "closed" not in (plan.search or {}):
        return {}
    by_name = {search.name: search for search in found}
    return {arm: _why(by_name.get(name)) for name, arm in _without(plan).items()}


def rows_of_other_plans(others: Iterable[Row], plan: Plan) -> list[Row]:
    """Return the rows that are not of winners which a search had before it was given more trials.

    `others` are rows that are not of the plan's arms, seeds and data.
    """
    past = (plan.search or {}).get("extensions", ())
    won = {(w["arm"], w["recipe_id"]) for each in past for w in each["winners"].values()}
    return [row for row in others if (row.arm, row.recipe_id) not in won]


def open_runs(never: Mapping[str, str], plan: Plan) -> OpenStates:
    """Return what is known of the runs of arms that were never made: just that."""
    return {(arm, seed): NEVER_MADE for arm in never for seed in plan.seeds}


def values_of_best(search: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return {path: value} of everything that was searched and that a recipe has."""
    found: dict[str, Any] = {}
    for path in dict.fromkeys(dim["path"] for dim in search.get("dimensions", ())):
        node: Any = recipe
        *parents, last = path.split(".")
        for key in parents:
            node = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping) and last in node:
            found[path] = node[last]
    return found


def format_values(values: Mapping[str, Any]) -> str:
    """Say searched values in a line: `train.lr = 0.00123, train.clip_norm = off`."""
    return ", ".join(f"{path} = {_say(value)}" for path, value in values.items())


def _without(plan: Plan) -> dict[str, str]:
    said = plan.search or {}
    won = said.get("winners", {})
    return {name: arm for name, arm in winner_arms(said).items() if name not in won}


def _why(search: SearchResult | None) -> str:
    if search is None:
        return "no trial of its search was begun"
    ended = ", ".join(f"{count} {outcome}" for outcome, count in search.counts.items())
    first = next((trial.why for trial in search.trials if trial.why), "")
    return f"no trial of its search is whole ({ended}): {first or 'its scores are no numbers'}"


def _say(value: Any) -> str:
    if isinstance(value, Mapping):  # a variant; its own fields are searched under their own paths
        return str(value.get("kind", dict(value)))
    if value is None:
        return "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
