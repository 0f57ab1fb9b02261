"""The folder of a study, and how a study continues after the code behind its rows has changed."""

from __future__ import annotations

from pathlib import Path

from rpbind.design.plan import fingerprint
from rpbind.design.plan_diff import changed_modules
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.study.options import RunOptions


def study_folder(plan: Plan, options: RunOptions) -> tuple[Path, str]:
    """Return a study's folder, and a note if the same study exists with rows of other code.

    Without `--name`, the folder's name ends with the fingerprint, so other code uses another
    folder. With `--accept-code-change`, the study with rows of other code is continued.

    Parameters
    ----------
    plan
        The plan of the study.
    options
        How the study is run.

    Returns
    -------
    tuple
        The absolute folder, and the note or "".
    """
    folder = (options.reports / (options.name or plan.study)).resolve()
    if options.name or folder.exists():
        return folder, ""
    experiment = plan.study.removesuffix(f"-{plan.fingerprint}")
    for other in sorted(options.reports.glob(f"{experiment}-*"), key=_age):
        existing = _plan(other)
        if existing is None or not is_same_but_for_code(existing, plan):
            continue
        if options.accept_code_change:
            return other.resolve(), ""
        modules = ", ".join(changed_modules(existing, plan))
        return folder, (
            f"This is a new study: {other} has the same design and data, but the code of {modules} "
            "has changed since. To continue that study instead, add --accept-code-change."
        )
    return folder, ""


def is_same_but_for_code(existing: Plan, plan: Plan) -> bool:
    """Whether a study equals the requested one, except for the code that made its rows."""
    alike = plan.model_copy(update={"code": existing.code})
    return existing.code != plan.code and fingerprint(alike) == existing.fingerprint


def with_its_code(plan: Plan, existing: Plan) -> Plan:
    """Return the plan with the identity of the study that it continues, and accept its code."""
    accepted = dict.fromkeys((*existing.accepted_code, plan.code))
    kept = {"study": existing.study, "fingerprint": existing.fingerprint, "code": existing.code,
            "code_modules": existing.code_modules, "accepted_code": tuple(accepted)}  # fmt: skip
    return plan.model_copy(update=kept)


def _age(folder: Path) -> float:
    """Return a sort key that puts the folder that changed last first."""
    return -folder.stat().st_mtime


def _plan(folder: Path) -> Plan | None:
    """Return the plan of a study, or None if it cannot be read."""
    try:
        return Ledger(folder).plan
    except UserError:
        return None
