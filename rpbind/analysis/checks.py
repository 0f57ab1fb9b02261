"""What was found of each arm before it was trained: the rows of the stage "check"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rpbind.ledger import Finding, Plan, Row
from rpbind.recipe import Recipe

MEASURES = {
    "Spread": "logits.spread",
    "RNA": "probe.rna-swapped",
    "Letters": "probe.letters-shuffled",
    "Protein": "probe.protein-swapped",
    "Uniform": "attention.uniform",
    "Fit from": "fit.start",
    "Fit to": "fit.end",
}
"""Column -> the measure that it shows."""


@dataclass(frozen=True)
class Checks:
    """The check-up of every arm that had one, by the arm's name, in the plan's order."""

    rows: dict[str, Row]

    @property
    def with_errors(self) -> tuple[str, ...]:
        """The arms of which a finding is an error."""
        return tuple(
            arm
            for arm, row in self.rows.items()
            if any(f.severity == "error" for f in row.findings)
        )

    def findings(self, arm: str) -> tuple[Finding, ...]:
        """What was found of an arm."""
        return self.rows[arm].findings if arm in self.rows else ()

    def measures(self, arm: str) -> dict[str, float | None]:
        """The measures to be shown of an arm, None where it has none."""
        return {column: self.rows[arm].metrics.get(key) for column, key in MEASURES.items()}


def check_ups(plan: Plan, rows: Iterable[Row]) -> Checks:
    """Return the check-ups of a plan's own recipes, and of those that its searches tune."""
    tuned = (plan.search or {}).get("arms", {}) if (plan.search or {}).get("contrasts") else {}
    known = {(row.arm, row.recipe_id): row for row in rows}
    keys = [(name, Recipe.model_validate(recipe).id) for name, recipe in tuned.items()]
    keys += [(arm.name, arm.recipe_id) for arm in plan.arms]
    return Checks({key[0]: known[key] for key in keys if key in known})
