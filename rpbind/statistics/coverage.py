"""How much of what was planned is there, and why the rest is not: "48 of 50: 2 diverged (why)"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from rpbind.errors import reason
from rpbind.ledger import Plan, Row
from rpbind.ledger.marks import Mark

NEVER_MADE: Literal["never made"] = "never made"
"""The state of the runs of an arm that has no winner."""

OpenState = Literal["planned", "running", "lost", "never made"]
OpenStates = Mapping[tuple[str, int], OpenState]
"""What is known of (arm, seed) without a row; what is not even in it is only planned."""

NO_STATES: OpenStates = {}
NO_REASONS: Mapping[str, str] = {}


def open_states(plan: Plan, marks: Iterable[Mark]) -> OpenStates:
    """Return what the marks of a study say about runs of its plan."""
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
    """Say how many of the planned runs are done, and what became of the others, with a reason.

    `never` is {arm: why it was never made}.
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
    told = f"{done} of {len(wanted)}"
    return f"{told}: {', '.join(_say(s, reasons) for s, reasons in why.items())}" if why else told


def state_of(run: tuple[str, int], row: Row | None, under_way: OpenStates = NO_STATES) -> str:
    """Return the state of a planned run: its row's, unless it is being made again."""
    if row is None or row.state != "done":
        return under_way.get(run, "planned" if row is None else row.state)
    return row.state


def _say(state: str, reasons: list[str]) -> str:
    known = [reason for reason in dict.fromkeys(reasons) if reason]
    more = f"; and {len(known) - 1} more" if len(known) > 1 else ""
    return f"{len(reasons)} {state}" + (f" ({known[0]}{more})" if known else "")
