"""Findings as the ledger keeps them, and which of them are told."""

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
    """Return a finding of a kind, as the ledger keeps it.

    `where` says which block; `threshold` is given where the kind has none; `note` goes before the
    advice.
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


def told(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Leave out what follows from another finding, and put the severest first."""
    hidden = {name for one in findings for name in KINDS[_kind(one)].hides}
    left = [one for one in findings if _kind(one) not in hidden]
    order = ("error", "warning", "info")
    return tuple(sorted(left, key=lambda one: order.index(one.severity)))


def _kind(one: Finding) -> str:
    return one.name if one.name in KINDS else one.name.rsplit(": ", 1)[0]
