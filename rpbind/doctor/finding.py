"""Make findings as the ledger stores them, and choose which of them to show."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rpbind.doctor.kinds import KINDS
from rpbind.ledger import Finding


def finding(
    name: str,
    measured: float | None,
    *,
    where: str = "",
    threshold: float | None = None,
    note: str = "",
) -> Finding:
    """Return a finding as the ledger stores it.

    Parameters
    ----------
    name
        Its kind, a key of `KINDS`.
    measured
        The measured value; None if there is none.
    where
        The block or layer it is about; appended to the name.
    threshold
        Threshold of this measurement, for a kind without a fixed one.
    note
        A sentence to put before the advice.

    Returns
    -------
    Finding
        With severity, reason and advice of its kind.
    """
    kind = KINDS[name]
    known = measured is not None and math.isfinite(measured)
    return Finding(
        name=f"{name}: {where}" if where else name,
        severity=kind.severity,
        measured=measured if known else None,
        threshold=kind.threshold if threshold is None else threshold,
        reason=kind.reason,
        advice=f"{note} {kind.advice}".strip(),
    )


def primary_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Leave out findings that follow from another one, and sort the others, errors first."""
    hidden = {name for one in findings for name in KINDS[_kind(one)].hides}
    left = [one for one in findings if _kind(one) not in hidden]
    order = ("error", "warning", "info")
    return tuple(sorted(left, key=lambda one: order.index(one.severity)))


def _kind(one: Finding) -> str:
    return one.name if one.name in KINDS else one.name.rsplit(": ", 1)[0]
