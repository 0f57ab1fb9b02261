"""One kind of finding: its severity, its threshold with the reason for it, and its advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SHARED_SEQUENCE = "experiments share a sequence"
"""Name of the finding that several experiments have one protein sequence, and so equal logits."""


@dataclass(frozen=True)
class Kind:
    """A kind of finding.

    `threshold` is None if it depends on the number of windows. `hides` names the findings that
    follow from this one; they are not shown with it.
    """

    name: str
    severity: Literal["info", "warning", "error"]
    threshold: float | None
    reason: str
    advice: str
    hides: tuple[str, ...] = ()
