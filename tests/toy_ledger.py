"""Rows and plans of toy studies, written as {protein: AUROC} by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpbind.ledger import ArmPlan, ContrastPlan, Plan, ProteinScore, Row
from rpbind.recipe import Recipe

ARMS = {"old": Recipe(), "new": Recipe().with_({"model.residual": True})}
CONTRAST = ContrastPlan(name="new vs old", arm="new", reference="old")


def plan(seeds: tuple[int, ...] = (0, 1), **changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "study": "toy",
        "question": "Is new better?",
        "prediction": "Yes.",
        "rule": "Two-way interval.",
        "design": "leave-one-out",
        "arms": tuple(
            ArmPlan(name=name, recipe=r.model_dump(mode="json"), recipe_id=r.id)
            for name, r in ARMS.items()
        ),
        "contrasts": (CONTRAST,),
        "seeds": seeds,
        "dataset": "toy",
        "split": "cold-rna",
        "created": "2026-01-02",
    }
    return Plan(**(fields | changes))


def row(arm: str, seed: int, auroc: Mapping[str, float | None] = {}, **changes: Any) -> Row:
    """A done run; the protein's cluster is its name up to the underscore, "3_K562" -> 3."""
    scores = tuple(
        ProteinScore(part="test", protein=protein, cluster=int(protein.split("_")[0]),
                     windows=400, positives=200, auroc=value, auprc=value)
        for protein, value in auroc.items()
    )  # fmt: skip
    fields: dict[str, Any] = {
        "arm": arm,
        "seed": seed,
        "state": "done",
        "recipe": ARMS[arm].model_dump(mode="json"),
        "recipe_id": ARMS[arm].id,
        "metrics": {"test.loss": 0.5},
        "proteins": scores,
        "ended": "2026-01-02",
    }
    return Row(**(fields | changes))
