"""More seeds for a study that is there: what was seen of it before is written into its plan."""

from __future__ import annotations

from datetime import UTC, datetime

from rpbind.analysis.summary import Summary, read
from rpbind.errors import UserError
from rpbind.ledger import CUT_OFF, Ledger, Look, Plan
from rpbind.study.plan import planned_rows


def extended(plan: Plan, ledger: Ledger, more: int) -> Plan:
    """Return the plan with `more` seeds and the look that was taken before them.

    An extension that was cut off is to be finished first: the plan comes back as it is.
    """
    if more == 0 or (plan.looks and _cut_off(plan, ledger)):
        return plan
    first = max(plan.seeds) + 1
    look = Look(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        seeds=len(plan.seeds),
        verdicts=_seen(read(ledger)),
    )
    seeds = (*plan.seeds, *range(first, first + more))
    return plan.model_copy(update={"seeds": seeds, "looks": (*plan.looks, look)})


def nothing_to_extend(folder: object) -> UserError:
    """Return the error for `--add-seeds` where there is no study."""
    return UserError(
        f"--add-seeds adds to a study that is there, and {folder} holds none. Run the same command "
        "without --add-seeds first; --seeds is then the number of seeds that the study began with."
    )


def _cut_off(plan: Plan, ledger: Ledger) -> bool:
    rows = planned_rows(plan, ledger)
    return any(run not in rows or rows[run].state in CUT_OFF for run in plan.planned)


def _seen(summary: Summary) -> dict[str, str]:
    """Return what a reader could see: nothing was looked at where no contrast had an interval."""
    judged = [(c.paired.contrast.name, c.verdict) for c in summary.judged]
    if not any(verdict.p is not None for _, verdict in judged):
        return {}
    return {name: ", ".join(filter(None, (v.word, v.size))) for name, v in judged}
