"""Which folder a study lands in, and how it goes on where the code behind its rows has changed."""

from __future__ import annotations

from pathlib import Path

from rpbind.design.plan import fingerprint
from rpbind.design.plan_diff import changed_modules
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.study.options import RunOptions


def study_folder(plan: Plan, conditions: RunOptions) -> tuple[Path, str]:
    """Return a study's folder, and a note where one is there that other code has made.

    Without `--name`, the folder's name ends in the fingerprint, so other code has another folder.
    With `--accept-code-change`, the study of the other code is the one to go on with.
    """
    folder = (conditions.reports / (conditions.name or plan.study)).resolve()
    if conditions.name or folder.exists():
        return folder, ""
    experiment = plan.study.removesuffix(f"-{plan.fingerprint}")
    for other in sorted(conditions.reports.glob(f"{experiment}-*"), key=_age):
        there = _plan(other)
        if there is None or not only_code_differs(there, plan):
            continue
        if conditions.accept_code_change:
            return other.resolve(), ""
        modules = ", ".join(changed_modules(there, plan))
        return folder, (
            f"This is a new study: {other} has the same one, but the code of {modules} has changed "
            "since. To go on with its rows instead, add --accept-code-change."
        )
    return folder, ""


def only_code_differs(there: Plan, plan: Plan) -> bool:
    """Whether a study is the one that was asked for, but for the code that made its rows."""
    alike = plan.model_copy(update={"code": there.code})
    return there.code != plan.code and fingerprint(alike) == there.fingerprint


def with_its_code(plan: Plan, there: Plan) -> Plan:
    """Return the plan under the identity of the study that it goes on with, by other code."""
    accepted = dict.fromkeys((*there.accepted_code, plan.code))
    kept = {"study": there.study, "fingerprint": there.fingerprint, "code": there.code,
            "code_modules": there.code_modules, "accepted_code": tuple(accepted)}  # fmt: skip
    return plan.model_copy(update=kept)


def _age(folder: Path) -> float:
    """Order folders by their last change, the newest first."""
    return -folder.stat().st_mtime


def _plan(folder: Path) -> Plan | None:
    """Return the plan of a study that can be read; another one is of no help here."""
    try:
        return Ledger(folder).plan
    except UserError:
        return None
