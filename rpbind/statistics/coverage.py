"""How many planned runs are done, and why the others are not: "48 of 50: 2 diverged (reason)"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from rpbind.errors import reason
from rpbind.ledger import Plan, Row
from rpbind.ledger.marks import Mark

NEVER_MADE: Literal["never made"] = "never made"
"""State of the runs of a tuned arm whose search has no winner."""

OpenState = Literal["planned", "running", "lost", "never made"]
OpenStates = Mapping[tuple[str, int], OpenState]
"""{(arm, seed): state} of runs without a row; runs that are not in it are planned."""

NO_STATES: OpenStates = {}
NO_REASONS: Mapping[str, str] = {}


def open_states(plan: Plan, marks: Iterable[Mark]) -> OpenStates:
    """Return the states of planned runs that were started and have no row.

    Parameters
    ----------
    plan
        The study's plan.
    marks
        The start marks of runs without a row.

    Returns
    -------
    OpenStates
        "running" or "lost" for each of them.
    """
    recipes = {arm.name: arm.recipe_id for arm in plan.arms}
    return {
        (mark.start.arm, mark.start.seed): "running" if mark.alive else "lost"
        for mark in marks
        if mark.start.stage == "ablation" and recipes.get(mark.start.arm) == mark.start.recipe_id
    }


def coverage(
    planned: Iterable[tuple[str, int]],
    runs: Mapping[tuple[str, int], Row],
    under_way: OpenStates = NO_STATES,
    never: Mapping[str, str] = NO_REASONS,
) -> str:
    """Say how many planned runs are done, and the states of the others, with reasons.

    Parameters
    ----------
    planned
        The planned (arm, seed).
    runs
        {(arm, seed): row}.
    under_way
        States of runs without a row.
    never
        {arm: why its search has no winner}.

    Returns
    -------
    str
        Such as "48 of 50: 2 diverged (loss is nan)".
    """
    wanted = list(planned)
    why: dict[str, list[str]] = defaultdict(list)
    for run in wanted:
        row = runs.get(run)
        if row is None or row.state != "done":
            why[state_of(run, row, under_way)].append(
                reason(row.error) if row else never.get(run[0], "")
            )
    done = len(wanted) - sum(map(len, why.values()))
    text = f"{done} of {len(wanted)}"
    return f"{text}: {', '.join(_count(s, reasons) for s, reasons in why.items())}" if why else text


def state_of(run: tuple[str, int], row: Row | None, under_way: OpenStates = NO_STATES) -> str:
    """Return the state of a planned run.

    Parameters
    ----------
    run
        Its (arm, seed).
    row
        The row of its latest attempt; None if it has none.
    under_way
        States of runs without a row, which include new attempts.

    Returns
    -------
    str
        A state of `Row`, or one of `OpenStates`.
    """
    if row is None or row.state != "done":
        return under_way.get(run, "planned" if row is None else row.state)
    return row.state


def _count(state: str, reasons: list[str]) -> str:
    known = [reason for reason in dict.fromkeys(reasons) if reason]
    more = f"; and {len(known) - 1} more" if len(known) > 1 else ""
    return f"{len(reasons)} {state}" + (f" ({known[0]}{more})" if known else "")
