"""Small studies, written by hand as {arm: AUROC of each run}, that can be read and are odd."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rpbind.ledger import ArmPlan, ContrastPlan, Ledger, Plan, ProteinScore, Row
from rpbind.ledger.plans import recipe_id
from rpbind.recipe import Recipe

LONG = Recipe().with_({"train.stop_after": None})
RECIPES = {"old": LONG, "new": LONG.with_({"model.residual": True})}
PROTEINS = 24
Runs = Mapping[str, Sequence[float | None]]
"""The AUROC of each seed's run; None is of a run that failed."""


def plan(name: str, arms: Sequence[str], seeds: int, **changes: Any) -> Plan:
    """A plan whose first arm is the reference."""
    fields: dict[str, Any] = {
        "study": name,
        "question": "?",
        "prediction": "!",
        "rule": ".",
        "design": "leave-one-out",
        "arms": tuple(ArmPlan(name=a, recipe=r.model_dump(mode="json"), recipe_id=r.id)
                      for a, r in ((a, RECIPES[a]) for a in arms)),
        "contrasts": tuple(ContrastPlan(name=f"{a} vs {arms[0]}", arm=a, reference=arms[0])
                           for a in arms[1:]),
        "seeds": changes.pop("numbered", tuple(range(seeds))),
        "dataset": "toy 0123456789ab",
        "split": "cold-rna_70-15-15_seed0_neg-given ba9876543210",
        "created": "2026-01-02",
    }  # fmt: skip
    return Plan(**(fields | changes))


def scores(mean: float, stream: int, proteins: int = PROTEINS) -> tuple[ProteinScore, ...]:
    """Scores of one run around a mean; proteins differ, and the noise is the stream's."""
    rng = np.random.default_rng(stream)
    auroc_G = mean + 0.03 * np.sin(np.arange(proteins)) + rng.normal(0, 0.003, proteins)
    return tuple(
        ProteinScore(part="test", protein=f"P{g}_K562", cluster=g, windows=400, positives=200,
                     auroc=float(a), auprc=float(a))
        for g, a in enumerate(auroc_G)
    )  # fmt: skip


def row(arm: str, seed: int, mean: float | None, **changes: Any) -> Row:
    """A done run, or a failed one."""
    recipe = RECIPES[arm].model_dump(mode="json")
    fields: dict[str, Any] = {
        "arm": arm, "seed": seed, "recipe": recipe, "recipe_id": recipe_id(recipe),
        "ended": "2026-01-02", "state": "failed", "error": "no memory",
    }  # fmt: skip
    if mean is not None:
        each = scores(mean, 100 * seed + (arm == "new"), changes.pop("proteins", PROTEINS))
        fields |= {"state": "done", "error": "", "proteins": each}
        fields["metrics"] = {"test.auroc_macro": mean, "test.loss": 0.6 - mean / 10}
    return Row(**(fields | changes))


def study(
    name: str, runs: Runs, each: Mapping[str, Any] = {}, **changes: Any
) -> Callable[[Path], None]:
    """Return what writes a study into a folder; `each` changes every row, the rest the plan."""

    def write(folder: Path) -> None:
        arms, seeds = list(runs), max(len(means) for means in runs.values())
        ledger = Ledger(folder / name)
        ledger.begin(plan(name, arms, max(seeds, 1), **changes))
        for arm, means in runs.items():
            for seed, mean in enumerate(means):
                ledger.append(row(arm, seed, mean, **each))

    return write


def both(*writers: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what writes several studies."""

    def write(folder: Path) -> None:
        for writer in writers:
            writer(folder)

    return write
