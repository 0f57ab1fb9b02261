"""More seeds for a study that is there: what was seen of it before is written into its plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.controls import Controls
from rpbind.analysis.summary import read
from rpbind.analysis.tuned import TunedContrast
from rpbind.design.plan import planned_rows
from rpbind.design.plan_diff import changes
from rpbind.errors import UserError
from rpbind.ledger import CUT_OFF, InterimAnalysis, Ledger, Plan
from rpbind.report.claims import answer
from rpbind.report.verdicts import whole_words
from rpbind.study.landing import only_code_differs


def extended(plan: Plan, ledger: Ledger, more: int) -> Plan:
    """Return the plan with `more` seeds and the look that was taken before them.

    An extension that was cut off is to be finished first: the plan comes back as it is.
    """
    if more == 0 or (plan.looks and _cut_off(plan, ledger)):
        return plan
    first = max(plan.seeds) + 1
    summary = read(ledger)
    look = InterimAnalysis(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        seeds=len(plan.seeds),
        verdicts=seen(summary.judged) or _answered(summary.controls),
    )
    seeds = (*plan.seeds, *range(first, first + more))
    return plan.model_copy(update={"seeds": seeds, "looks": (*plan.looks, look)})


def _answered(controls: Controls) -> dict[str, str]:
    """Return the claims that a reader could see answered, of a study without contrasts."""
    return {
        f"{claim.name}: {arm}": answer(claim)
        for arm, claims in controls.claims.items()
        for claim in claims
        if any(comparison.verdict.p is not None for comparison in claim.comparisons)
    }


def nothing_to_extend(folder: object) -> UserError:
    """Return the error for `--add-seeds` where there is no study."""
    return UserError(
        f"--add-seeds adds to a study that is there, and {folder} holds none. Run the same command "
        "without --add-seeds first; --seeds is then the number of seeds that the study began with."
    )


def another_study(there: Plan, plan: Plan, folder: object) -> UserError:
    """Return the error for a folder whose study is not the one that was asked for."""
    more = len(plan.seeds) - len(there.seeds)
    told = changes(there, plan)
    advice = "Choose another --name, or remove that folder."
    if only_code_differs(there, plan):
        advice = (
            "Its rows are of that code. To go on with rows of both, which the report then says, "
            "give the same command with --accept-code-change."
        )
    if told == changes(there, there.model_copy(update={"seeds": plan.seeds})) and more > 0:
        advice = f"To add seeds to it, give the command that made it with --add-seeds {more}."
    elif told and all(each.startswith("search ") for each in told):
        advice = (
            "A search can be given more trials and a larger budget; with anything else changed, "
            "its trials would not be of one search. Choose another --name."
        )
    return UserError(
        f"{folder} holds another study (fingerprint {there.fingerprint}, this one is "
        f"{plan.fingerprint}). What has changed: {'; '.join(told)}. {advice}"
    )


def _cut_off(plan: Plan, ledger: Ledger) -> bool:
    rows = planned_rows(plan, ledger)
    return any(run not in rows or rows[run].state in CUT_OFF for run in plan.planned)


def seen(contrasts: Sequence[Contrast | TunedContrast]) -> dict[str, str]:
    """Return what a reader could see: nothing was looked at where no contrast had an interval."""
    judged = [(c.paired.contrast.name, c.verdict) for c in contrasts]
    if not any(verdict.p is not None for _, verdict in judged):
        return {}
    return {name: whole_words(v) for name, v in judged}
