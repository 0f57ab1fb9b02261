"""Extend a study with seeds; the verdicts shown before are recorded as an interim analysis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.controls import Controls
from rpbind.analysis.summary import read
from rpbind.analysis.tuned import TunedContrast
from rpbind.design.plan import planned_rows
from rpbind.design.plan_diff import changed_files, differences
from rpbind.errors import UserError
from rpbind.ledger import CUT_OFF, InterimAnalysis, Ledger, Plan
from rpbind.parts.contents import FOLDER
from rpbind.split_spec import folds_in
from rpbind.study.folder import is_same_but_for_code
from rpbind.wording.claims import answer
from rpbind.wording.verdicts import whole_words


def extended(plan: Plan, ledger: Ledger, more: int) -> Plan:
    """Return the plan with `more` seeds, and with the interim analysis that came before them.

    If an earlier extension was interrupted, that one is finished first: the plan is unchanged.
    """
    if more == 0 or (plan.looks and _was_interrupted(plan, ledger)):
        return plan
    first = max(plan.seeds) + 1
    summary = read(ledger)
    analysis = InterimAnalysis(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        seeds=len(plan.seeds),
        verdicts=shown_verdicts(summary.judged) or _answered_claims(summary.controls),
    )
    folds = folds_in(plan.split)
    seeds = (*plan.seeds, *range(first, first + more * (folds.folds if folds else 1)))
    return plan.model_copy(update={"seeds": seeds, "looks": (*plan.looks, analysis)})


def more_seeds(existing: Plan, plan: Plan) -> int:
    """Return by which `--add-seeds` one plan becomes another; of folds, one is a whole repeat."""
    folds = folds_in(plan.split)
    return (len(plan.seeds) - len(existing.seeds)) // (folds.folds if folds else 1)


def _answered_claims(controls: Controls) -> dict[str, str]:
    """Return {claim: answer} of a study without contrasts, for the claims that were tested."""
    return {
        f"{claim.name}: {arm}": answer(claim)
        for arm, claims in controls.claims.items()
        for claim in claims
        if any(comparison.verdict.p is not None for comparison in claim.comparisons)
    }


def nothing_to_extend(folder: object) -> UserError:
    """Return the error for `--add-seeds` without an existing study."""
    return UserError(
        f"--add-seeds extends an existing study, and {folder} has none. Run the same command "
        "without --add-seeds first. Later, keep its --seeds and add --add-seeds."
    )


def another_study(existing: Plan, plan: Plan, folder: object) -> UserError:
    """Return the error for a folder that has another study than the requested one."""
    more = more_seeds(existing, plan)
    found = differences(existing, plan)
    advice = "Use another --name, or remove that folder."
    if copies := changed_files(existing, plan):
        kept = ", ".join(f"{folder}/{FOLDER}/{copy}" for copy in copies)
        advice = (
            f"To continue that study, restore the file from {kept}; for the new content, use "
            "another --name."
        )
    if is_same_but_for_code(existing, plan):
        advice = (
            "To continue with rows of both versions of the code, run the same command with "
            "--accept-code-change; the report will say which code made which rows."
        )
    if (
        found == differences(existing, existing.model_copy(update={"seeds": plan.seeds}))
        and more > 0
    ):
        advice = f"To add seeds to it, run the command that made it with --add-seeds {more}."
    elif found and all(each.startswith("search ") for each in found):
        advice = (
            "Only the number of trials and the budget of a search can be increased. For any other "
            "change, use another --name."
        )
    return UserError(
        f"{folder} has another study (fingerprint {existing.fingerprint}; this one has "
        f"{plan.fingerprint}). Differences: {'; '.join(found)}. {advice}"
    )


def _was_interrupted(plan: Plan, ledger: Ledger) -> bool:
    """Whether planned runs are missing, or were ended from outside."""
    rows = planned_rows(plan, ledger)
    return any(run not in rows or rows[run].state in CUT_OFF for run in plan.planned)


def shown_verdicts(contrasts: Sequence[Contrast | TunedContrast]) -> dict[str, str]:
    """Return {contrast: verdict}; empty if no contrast had an interval, so nothing was judged."""
    judged = [(c.paired.contrast.name, c.verdict) for c in contrasts]
    if not any(verdict.p is not None for _, verdict in judged):
        return {}
    return {name: whole_words(v) for name, v in judged}
