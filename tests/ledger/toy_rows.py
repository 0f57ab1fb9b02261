"""A plan of two arms and two seeds, and rows of it."""

from typing import Any

from rpbind.ledger import ArmPlan, ContrastPlan, Plan, Row
from rpbind.recipe import Recipe

PLAN = Plan(
    study="toy",
    fingerprint="0badcafe",
    question="Is b better than a?",
    prediction="Yes.",
    rule="The interval.",
    design="path",
    arms=tuple(
        ArmPlan(name=name, recipe=Recipe().model_dump(mode="json"), recipe_id=Recipe().id)
        for name in ("a", "b")
    ),
    contrasts=(ContrastPlan(name="b vs a", arm="b", reference="a"),),
    seeds=(0, 1),
    dataset="toy 1",
    split="cold-rna",
    created="2026-01-02",
)


def row(arm: str = "a", seed: int = 0, attempt: int = 0, **changes: Any) -> Row:
    fields: dict[str, Any] = {
        "arm": arm,
        "seed": seed,
        "attempt": attempt,
        "state": "done",
        "recipe": Recipe().model_dump(mode="json"),
        "recipe_id": Recipe().id,
        "ended": "2026-01-02",
    }
    return Row(**(fields | changes))
