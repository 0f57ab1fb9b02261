"""A synthetic ledger with what a page must handle: 12 arms, lost runs, hostile text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rpbind.ledger import (
    ArmPlan,
    ContrastPlan,
    ControlPlan,
    Finding,
    Ledger,
    Plan,
    ProteinScore,
    Row,
)
from rpbind.ledger.plans import recipe_id
from rpbind.recipe import Recipe

HOSTILE = '<script>alert("hostile")</script>'
EFFECTS = (0.0, 0.025, -0.02, 0.0, 0.012, 0.004, 0.0, 0.03, -0.006, 0.0, 0.002, 0.015)
NAMES = (
    "old",
    "memory=residue",
    "encoder=token",
    "memory=expanded",
    "residual",
    "temperature",
    "init=xavier",
    "encoder=conv-with-a-long-name-because-people-write-long-names.kernel=9",
    "train.clip_norm=1",
    "classifier=256-128",
    "train.lr=3e-3",
    "everything",
)
ENDED = "2026-01-02T03:04:05+00:00"


def plan(arms: int = 12, seeds: int = 5, **changes: Any) -> Plan:
    """A leave-one-out plan whose first arm is the reference."""
    fields: dict[str, Any] = {
        "study": "synthetic",
        "question": "Which change of the attention moves the AUROC?",
        "prediction": "Keys per residue do, and copies of one key are inert.",
        "rule": "Two-way interval over seeds and protein clusters, Holm, delta 0.010.",
        "design": "leave-one-out",
        "arms": tuple(_arm(i) for i in range(arms)),
        "contrasts": tuple(
            ContrastPlan(name=f"{name} vs old", arm=name, reference="old") for name in NAMES[1:arms]
        ),
        "controls": (_random_vector(_arm(1)),),
        "seeds": tuple(range(seeds)),
        "dataset": "synthetic@0123456789ab",
        "split": "cold-rna-0.8-0.1-0.1-s0@ba9876543210",
        "created": ENDED,
        "command": "python experiments/ablate.py --data data/synthetic --seeds 5",
    }
    return Plan(**(fields | changes))


def write(
    folder: Path, study_plan: Plan | None = None, clusters: int = 24, lost: bool = True
) -> Path:
    """Write the study into a folder: done runs, one diverged, one failed, one never run."""
    study_plan = study_plan or plan()
    ledger = Ledger(folder)
    ledger.begin(study_plan)
    for i, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            if lost and (i, seed) in {(2, 1), (5, 3)}:
                ledger.append(_lost(arm, seed, "diverged" if i == 2 else "failed"))
            elif not (lost and (i, seed) == (6, 4)):
                ledger.append(done(arm, seed, EFFECTS[i], 0 if i == 3 else i, clusters))
    return folder


def trials(folder: Path, count: int = 12) -> None:
    """Add `count` trials of a search over learning rate and weight decay; the last one failed."""
    rng = np.random.default_rng(9)
    for n in range(count):
        lr = float(10 ** rng.uniform(-4, -2))
        decay = float(rng.uniform(0, 0.1))
        recipe = Recipe().with_({"train.lr": lr, "train.weight_decay": decay})
        state = "failed" if n == count - 1 else "done"
        row = Row(
            arm=f"trial-{n:04d}", seed=0, state=state, stage="search", recipe_id=recipe.id,
            recipe=recipe.model_dump(mode="json"), ended=f"2026-01-01T00:{n:02d}:00+00:00",
            metrics={"validation.auroc_macro": 0.7 - 0.05 * abs(np.log10(lr) + 3)},
        )  # fmt: skip
        Ledger(folder).append(row)


def controls(folder: Path, study_plan: Plan) -> None:
    """Add rows of controls: three baselines, of which one is flagged and one has no score."""
    flag = Finding(name="identity ranks, pooled", severity="warning", measured=0.31, threshold=0.05,
                   advice=f"pooled AUROC below 0.5 {HOSTILE}")  # fmt: skip
    not_applicable = Finding(
        name="control not applicable",
        severity="info",
        measured=None,
        threshold=None,
        advice="no protein of the test part has training windows",
    )
    baselines: dict[str, tuple[float | None, tuple[Finding, ...]]] = {
        "5mer-per-protein": (0.01, ()),
        "5mer-shared": (-0.06, ()),
        "protein-degree": (-0.23, (flag,)),
        "gc-per-protein": (None, (not_applicable,)),
    }
    for name, (effect, findings) in baselines.items():
        made = done(study_plan.arms[0], 0, effect or 0.0, 77, 24)
        mine: dict[str, Any] = {"arm": name, "stage": "control", "recipe": {"control": name}}
        mine |= {"recipe_id": recipe_id({"control": name})}
        mine |= {"curve": (), "findings": findings}
        nothing = {"metrics": {}, "proteins": ()} if effect is None else {}
        Ledger(folder).append(made.model_copy(update=mine | nothing))
    for control in study_plan.controls:
        for seed in study_plan.seeds[:4]:
            made = done(control, seed, -0.01, 88 + seed, 24)
            Ledger(folder).append(made.model_copy(update={"stage": "control", "findings": ()}))


def done(arm: ArmPlan, seed: int, effect: float, stream: int, clusters: int) -> Row:
    """A finished run; two arms with the same `stream` have equal scores."""
    rng = np.random.default_rng(1000 * stream + seed)
    base = np.random.default_rng(7).normal(0.73, 0.06, clusters)
    auroc = base + effect + rng.normal(0, 0.003) + rng.normal(0, 0.012, clusters)
    scores = tuple(
        ProteinScore(part="test", protein=f"RBP{g}_K562", cluster=g, windows=400, positives=200,
                     auroc=float(min(a, 0.99)), auprc=float(min(a, 0.99)) - 0.01)
        for g, a in enumerate(auroc)
    )  # fmt: skip
    return Row(
        arm=arm.name, seed=seed, state="done", recipe=arm.recipe, recipe_id=arm.recipe_id,
        metrics=_MOVED
        | {"test.auroc_macro": float(auroc.mean()), "test.auroc_pooled": 0.74 + effect,
           "test.loss": 0.6 - effect + 0.001 * stream, "test.accuracy": 0.68 + effect},
        proteins=scores + _probed(scores, stream, seed),
        curve=_curve(rng, effect, epochs=20 + 2 * seed),
        test_curves=_curves_on_test(effect + float(rng.normal(0, 0.01)), clusters),
        findings=_findings(arm), cost={"seconds": 41.5 + seed, "train_seconds": 38.0,
                                       "parameters": 812_417.0},
        provenance={"dataset": "synthetic@0123456789ab", "code": "abc1234",
                    "torch": "2.13.0",
                    "device": "cpu", "executor": "trial", "threads": "2"},
        ended=ENDED,
    )  # fmt: skip


def _curves_on_test(effect: float, proteins: int) -> dict[str, list[float]]:
    """Curves on test of a run: the larger its effect, the better they are."""
    effect = float(np.clip(effect, -0.1, 0.2))
    at_F, middle = np.linspace(0, 1, 51), (np.arange(10) + 0.5) / 10
    windows = [400.0 * proteins / 10] * 10
    curves: dict[str, list[float]] = {"proteins": [float(proteins)]}
    for average, more in (("proteins", 0.0), ("pooled", 0.05)):
        curves[f"roc.{average}"] = (at_F ** (0.4 - effect - more)).round(5).tolist()
        curves[f"pr.{average}"] = (1 - 0.5 * at_F ** (2 + 5 * (effect + more))).round(5).tolist()
    for name, miss in (("raw", 0.1), ("calibrated", 0.02)):
        bound = middle + miss * np.sin(2 * np.pi * middle) * (1 - effect)
        curves |= {f"{name}.windows": windows, f"{name}.probability": middle.tolist()}
        curves[f"{name}.bound"] = bound.round(5).tolist()
    return curves


_TAKEN = {"letters-shuffled": 0.2, "proteins-shuffled": 0.08, "uniform-attention": 0.0}
_MOVED = {f"probe.{name}.moved": cost for name, cost in _TAKEN.items()}


def _probed(scores: tuple[ProteinScore, ...], stream: int, seed: int) -> tuple[ProteinScore, ...]:
    """The same proteins on a sample, as it is and under each probe, which costs this much."""
    rng = np.random.default_rng([stream, seed])
    parts = {"probe": 0.0} | {f"probe.{name}": cost for name, cost in _TAKEN.items()}
    return tuple(
        s.model_copy(update={"part": part, "auroc": s.auroc - cost + float(rng.normal(0, 0.004))})
        for part, cost in parts.items()
        for s in scores
        if s.auroc is not None
    )


def _arm(i: int) -> ArmPlan:
    recipe = Recipe().with_({"train.lr": 1e-3 + 1e-5 * i, "train.epochs": 50 + i // 6})
    change = HOSTILE if i == 4 else f"change number {i}: one hyperparameter of the reference"
    return ArmPlan(name=NAMES[i], recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id,
                   change=change)  # fmt: skip


def _random_vector(arm: ArmPlan) -> ControlPlan:
    recipe = Recipe.model_validate(arm.recipe).with_({"proteins": "random"})
    return ControlPlan(name=f"{arm.name}+random-vector", recipe=recipe.model_dump(mode="json"),
                       recipe_id=recipe.id, of=arm.name)  # fmt: skip


def _lost(arm: ArmPlan, seed: int, state: Any) -> Row:
    error = f"loss is nan in epoch 3\n{HOSTILE}" if state == "diverged" else f"OOM {HOSTILE}"
    return Row(arm=arm.name, seed=seed, state=state, recipe=arm.recipe, recipe_id=arm.recipe_id,
               error=error, ended=ENDED)  # fmt: skip


def _curve(rng: np.random.Generator, effect: float, epochs: int) -> tuple[dict[str, float], ...]:
    fall = 0.69 - (0.1 + effect) * (1 - np.exp(-np.arange(epochs) / 6))
    noise = rng.normal(0, 0.004, epochs)
    return tuple(
        {
            "epoch": float(e + 1),
            "train.loss": float(fall[e] - 0.002 * e),
            "validation.loss": float(fall[e] + noise[e]),
            "validation.auroc_macro": float(0.5 + 2 * (0.69 - fall[e]) - noise[e]),
        }
        for e in range(epochs)
    )


def _findings(arm: ArmPlan) -> tuple[Finding, ...]:
    if arm.name != "memory=expanded":
        return ()
    return (
        Finding(name="attention is inert", severity="warning", measured=0.0, threshold=0.01,
                advice="All values are one vector: use one key per residue."),
    )  # fmt: skip
