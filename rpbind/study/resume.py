"""Continue an existing study: its plan, and what is not done of it."""

from __future__ import annotations

import os

from rpbind.analysis.winners import arms_without_winner, required_runs
from rpbind.design.controls import as_arms
from rpbind.design.plan import missing, planned_rows
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.ledger.plans import PLAN
from rpbind.ledger.search_results import searches
from rpbind.search.winners import has_frozen_winners
from rpbind.study.extend import another_study, extended, nothing_to_extend
from rpbind.study.folder import is_same_but_for_code, with_its_code
from rpbind.study.more_trials import with_its_search
from rpbind.wording import commands


def resumed(
    plan: Plan, ledger: Ledger, add_seeds: int, *, accept_code_change: bool = False
) -> Plan:
    """Return the plan that continues the study of a folder.

    Parameters
    ----------
    plan
        The plan as requested.
    ledger
        The ledger of the folder, which may have no study yet.
    add_seeds
        The number of seeds by which the study is extended.
    accept_code_change
        Continue a study whose rows were made by other code.

    Returns
    -------
    Plan
        The requested plan, with the seeds, trials and analyses of the existing study added.

    Raises
    ------
    UserError
        If the folder has another study, or if there is nothing to extend.
    """
    if not os.path.lexists(ledger.study / PLAN):
        if add_seeds:
            raise nothing_to_extend(ledger.study)
        if accept_code_change:
            raise UserError(
                f"--accept-code-change continues an existing study, and {ledger.study} has none. "
                "Remove the option to begin a study."
            )
        return plan
    existing = ledger.plan
    if existing.fingerprint != plan.fingerprint:
        accepted = accept_code_change or plan.code in existing.accepted_code
        if not (accepted and is_same_but_for_code(existing, plan)):
            raise another_study(existing, plan, ledger.study)
        plan = with_its_code(plan, existing)
    else:
        plan = plan.model_copy(update={"accepted_code": existing.accepted_code})
    kept: dict[str, object] = {
        "seeds": existing.seeds, "looks": existing.looks, "created": existing.created,
        # as planned before any result was known:
        "confirmatory": existing.confirmatory, "predictions": existing.predictions,
        "smoke": existing.smoke,
    }  # fmt: skip
    plan = with_its_search(plan.model_copy(update=kept), existing, ledger)
    if add_seeds and has_frozen_winners(existing) and not has_frozen_winners(plan):
        raise UserError(
            "A study can be extended by trials or by seeds, but not by both at once, so that each "
            "extension is judged. Run the larger search first, without --add-seeds."
        )
    return extended(plan, ledger, add_seeds)


def not_done(plan: Plan, ledger: Ledger) -> list[str]:
    """Return what is not done of a study.

    Parameters
    ----------
    plan
        The plan of the study.
    ledger
        Its ledger.

    Returns
    -------
    list
        A phrase per unfinished run, with its state, and per arm that has no winner.
    """
    controls = as_arms(plan)
    rows = planned_rows(plan, ledger) | planned_rows(controls, ledger, "control")
    named = ["the search is not finished"] if plan.search and not has_frozen_winners(plan) else []
    never = arms_without_winner(plan, searches(plan, ledger.rows("search")))
    for why in dict.fromkeys(never.values()):
        arms = [arm for arm, its in never.items() if its == why]
        named.append(
            f"{'the arm' if len(arms) == 1 else 'the arms'} {', '.join(arms)} "
            f"{'was' if len(arms) == 1 else 'were'} never made, because {why}"
        )
    for arm, seed in plan.planned + controls.planned:
        row = rows.get((arm, seed))
        if row is None or row.state != "done":
            named.append(f"{arm} seed {seed}: {'not begun' if row is None else row.state}")
    return named


def is_resumable(plan: Plan, ledger: Ledger) -> bool:
    """Whether the same command would run anything more.

    Parameters
    ----------
    plan
        The plan of the study.
    ledger
        Its ledger.

    Returns
    -------
    bool
        True if its search is not finished, or if runs are missing that did not diverge.
    """
    searching = plan.search is not None and not has_frozen_winners(plan)
    left = missing(plan, ledger) or missing(as_arms(plan), ledger, "control")
    return searching or bool(left)


def left_over(plan: Plan, ledger: Ledger, *, stopped: bool) -> str:
    """Return what is not done of a study, why, and how to continue; "" if all is done.

    Parameters
    ----------
    plan
        The plan of the study.
    ledger
        Its ledger.
    stopped
        Whether the user has stopped it.

    Returns
    -------
    str
        Sentences.
    """
    if not (left := not_done(plan, ledger)):
        return ""
    planned = len(required_runs(plan)) + len(as_arms(plan).planned)
    advice = "A diverged run is not repeated."
    if any("never made" in one for one in left):
        advice = "More trials, or another space, may find a configuration that trains."
    again = how_to_continue(plan) if is_resumable(plan, ledger) else ""
    text = f"Not all of the {planned} planned runs are done: {'; '.join(left)}. {advice} {again}"
    return f"{'Stopped. ' if stopped else ''}{text}".rstrip()


def how_to_continue(plan: Plan) -> str:
    """Return the sentence that says how a study is continued."""
    if not plan.command:
        return "Call it again; it continues with what is missing."
    command = commands.again(plan.command)
    return f"Run the command again; it continues with what is missing: {command}"
