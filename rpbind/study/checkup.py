"""The check-up of a study: every arm is examined before training, with one ledger row per arm.

An arm with a severe finding is reported, not dropped: it runs as planned.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime

from rpbind.design.source import DataSource
from rpbind.doctor.examine import Examination, examine_untrained
from rpbind.doctor.finding import finding
from rpbind.doctor.guard import InputsOf, NoOpCheck, guard
from rpbind.errors import UserError, reason
from rpbind.ledger import ArmPlan, Finding, Ledger, Plan, Row
from rpbind.recipe import Recipe
from rpbind.terminal import PLAIN, progress
from rpbind.train.code import code_id
from rpbind.train.loop import Training


def examine_arms(plan: Plan, source: DataSource, ledger: Ledger) -> None:
    """Examine every arm that has no finished check-up in the ledger, and record the findings.

    An error during a check-up is recorded, and does not stop the study.
    """
    done = {(row.arm, row.recipe_id): row for row in ledger.rows("check")}
    left = [arm for arm in plan.arms if not _is_done(done.get((arm.name, arm.recipe_id)))]
    if not left:
        return
    with progress("check-up of the arms") as bar:
        for number, arm in enumerate(left):
            bar(number, len(left))
            earlier = done.get((arm.name, arm.recipe_id))
            row = _examined(arm, plan, source.inputs)
            row = row.model_copy(update={"attempt": earlier.attempt + 1 if earlier else 0})
            ledger.append(row)
            if row.findings:
                named = "; ".join(f"{f.name} ({f.severity})" for f in row.findings)
                why = f": {reason(row.error)}" if row.error else ""
                bar.bar.console.print(f"check-up of {arm.name}: {named}{why}", **PLAIN)
        bar(len(left), len(left))


def _is_done(row: Row | None) -> bool:
    return row is not None and row.state == "done"


def _examined(arm: ArmPlan, plan: Plan, opens: InputsOf) -> Row:
    began, error, provenance = time.monotonic(), "", {"code": code_id()}
    examination = Examination({}, ())
    checks: Sequence[NoOpCheck] = ()
    recipe = Recipe.model_validate(arm.recipe)
    try:
        inputs = opens(recipe.proteins)
        provenance = inputs.provenance | provenance
        checks = guard(plan, opens, arm.name)
        examination = examine_untrained(Training(recipe, plan.seeds[0], inputs))
    except UserError as refusal:
        error = str(refusal)
    except Exception:
        error = traceback.format_exc()
    return Row(
        arm=arm.name,
        seed=plan.seeds[0],
        state="failed" if error else "done",
        stage="check",
        recipe=arm.recipe,
        recipe_id=arm.recipe_id,
        metrics=dict(examination.measured),
        findings=_findings(examination, checks, error),
        cost={"seconds": time.monotonic() - began},
        provenance=provenance,
        error=error,
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _findings(
    examination: Examination, checks: Sequence[NoOpCheck], error: str
) -> tuple[Finding, ...]:
    """Return the findings of an arm, including those of the no-op guard."""
    guarded = [one for check in checks for one in check.findings]
    broken = [finding("does not run", None)] if error else []
    return (*broken, *examination.findings, *guarded)
