"""What was measured and found on each arm before training: the rows of the stage "check"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rpbind.ledger import Finding, Plan, Row
from rpbind.ledger.records import SEES_COMPANY
from rpbind.recipe import Recipe

MEASURES = {
    "Logit sd": "logits.spread",
    "Other RNA": "probe.rna-swapped",
    "Shuffled letters": "probe.letters-shuffled",
    "Other protein": "probe.protein-swapped",
    "Uniform attention": "attention.uniform",
    "Loss before": "fit.start",
    "Loss after": "fit.end",
}
"""Column header -> metric of a row."""

GUARD_FINDINGS = (
    "identical to the reference",
    "inert: same function",
    "inert: same function in float32",
    "changes more than it names",
)
"""Names of the findings of the no-op guard, which compares an arm with its reference."""


@dataclass(frozen=True)
class Checks:
    """The check-ups of a study: {arm: the row of its check-up}, in the plan's order."""

    rows: dict[str, Row]

    @property
    def with_errors(self) -> tuple[str, ...]:
        """The arms that have a finding of severity "error"."""
        return tuple(
            arm
            for arm, row in self.rows.items()
            if any(f.severity == "error" for f in row.findings)
        )

    @property
    def see_company(self) -> tuple[str, ...]:
        """The arms whose score of a window depends on the other windows of its batch."""
        return tuple(
            arm
            for arm, row in self.rows.items()
            if any(f.name == SEES_COMPANY for f in row.findings)
        )

    def findings(self, arm: str) -> tuple[Finding, ...]:
        """Return an arm's findings; none if it had no check-up."""
        return self.rows[arm].findings if arm in self.rows else ()

    def measures(self, arm: str) -> dict[str, float | None]:
        """Return {column header: measured value, or None} for an arm."""
        return {column: self.rows[arm].metrics.get(key) for column, key in MEASURES.items()}


def check_ups(plan: Plan, rows: Iterable[Row]) -> Checks:
    """Return the check-ups of a plan's arms and of the recipes that its searches tune."""
    tuned = (plan.search or {}).get("arms", {}) if (plan.search or {}).get("contrasts") else {}
    known = {(row.arm, row.recipe_id): row for row in rows}
    keys = [(name, Recipe.model_validate(recipe).id) for name, recipe in tuned.items()]
    keys += [(arm.name, arm.recipe_id) for arm in plan.arms]
    return Checks({key[0]: known[key] for key in keys if key in known})
