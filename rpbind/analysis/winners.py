"""The arms that a study's searches add: their names, their values, and why one is missing.

A search whose trials all fail has no winner, so the planned runs of its arm are never made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rpbind.ledger import Plan, Row
from rpbind.ledger.search_results import SearchResult
from rpbind.statistics.coverage import NEVER_MADE, OpenStates

TUNED = "tuned"
"""Name of the arm that a search over one recipe adds."""

SEARCH = "search"
"""Name of that search."""


def winner_arms(search: Mapping[str, Any]) -> dict[str, str]:
    """Return the arm that each search's winner becomes.

    Parameters
    ----------
    search
        The plan's description of its searches (`Plan.search`).

    Returns
    -------
    dict
        {name of a search: name of the arm}.
    """
    arms = list(search.get("arms", ()))
    if arms == [TUNED]:
        return {SEARCH: TUNED}
    names = [f"{arm}.s{number}" for arm in arms for number in range(search.get("searches", 1))]
    return {name: name for name in names}


def required_runs(plan: Plan) -> list[tuple[str, int]]:
    """Return every run that a study needs, including those of winners that are not known yet.

    Parameters
    ----------
    plan
        Plan of the study.

    Returns
    -------
    list
        (arm, seed) of every run.
    """
    unnamed = _arms_without_winner(plan).values()
    return plan.planned + [(arm, seed) for arm in unnamed for seed in plan.seeds]


def arms_without_winner(plan: Plan, found: Sequence[SearchResult]) -> dict[str, str]:
    """Return the arms that finished searches could not add.

    Parameters
    ----------
    plan
        Plan of the study.
    found
        Results of its searches.

    Returns
    -------
    dict
        {arm: why its search has no winner}; empty while the searches go on.
    """
    if "closed" not in (plan.search or {}):
        return {}
    by_name = {search.name: search for search in found}
    return {
        arm: _why_no_winner(by_name.get(name)) for name, arm in _arms_without_winner(plan).items()
    }


def rows_of_other_plans(others: Iterable[Row], plan: Plan) -> list[Row]:
    """Return the rows that belong neither to a plan nor to a winner that it replaced.

    Parameters
    ----------
    others
        Rows whose arm, seed or data are not the plan's.
    plan
        Plan of the study; it lists the winners before each extension of a search.

    Returns
    -------
    list
        The rows that do not belong to the study.
    """
    past = (plan.search or {}).get("extensions", ())
    won = {(w["arm"], w["recipe_id"]) for each in past for w in each["winners"].values()}
    return [row for row in others if (row.arm, row.recipe_id) not in won]


def open_runs(without_winner: Mapping[str, str], plan: Plan) -> OpenStates:
    """Return the state "never made" for every run of the arms without a winner.

    Parameters
    ----------
    without_winner
        {arm: why its search has no winner}.
    plan
        Plan of the study.

    Returns
    -------
    OpenStates
        {(arm, seed): "never made"}.
    """
    return {(arm, seed): NEVER_MADE for arm in without_winner for seed in plan.seeds}


def values_of_best(search: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's values of all searched hyperparameters that it has.

    Parameters
    ----------
    search
        The plan's description of its searches.
    recipe
        The recipe, as JSON.

    Returns
    -------
    dict
        {path: value}.
    """
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
    """Return searched values as one line: `train.lr = 0.00123, train.clip_norm = off`.

    Parameters
    ----------
    values
        {path: value}.

    Returns
    -------
    str
        The line.
    """
    return ", ".join(f"{path} = {_format_value(value)}" for path, value in values.items())


def _arms_without_winner(plan: Plan) -> dict[str, str]:
    search = plan.search or {}
    winners = search.get("winners", {})
    return {name: arm for name, arm in winner_arms(search).items() if name not in winners}


def _why_no_winner(search: SearchResult | None) -> str:
    if search is None:
        return "no trial of its search was started"
    ended = ", ".join(f"{count} {outcome}" for outcome, count in search.counts.items())
    first = next((trial.why for trial in search.trials if trial.why), "")
    return f"no trial of its search is complete ({ended}): {first or 'no score is a number'}"


def _format_value(value: Any) -> str:
    if isinstance(value, Mapping):  # a variant: its fields are searched under paths of their own
        return str(value.get("kind", dict(value)))
    if value is None:
        return "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
