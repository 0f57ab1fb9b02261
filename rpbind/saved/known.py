"""What is known of a trained model on a protein."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProteinContext:
    """What is known of a model on one protein.

    `seen` is whether training windows had exactly this sequence. `base_rate` is the share of
    positives among them, and `auroc` the AUROC on validation windows; None if there are none.
    """

    seen: bool
    base_rate: float | None
    auroc: float | None
