"""Twelve synthetic studies, one for each kind of page that a report can be. Nothing is trained."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from synthetic_study import HOSTILE, NAMES, controls, done, plan, write

from rpbind.design.factorial import factorial
from rpbind.ledger import ArmPlan, ContrastPlan, Ledger, Plan, PredictionPlan, Row
from rpbind.logos.picture import Picture
from rpbind.logos.stored import Explained, write_explained
from rpbind.recipe import Recipe

CLUSTERS = 24
DIMENSIONS = (
    {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2, "log": True},
    {"path": "train.weight_decay", "kind": "float", "low": 0.0, "high": 0.1, "log": False},
)
SEARCHED: dict[str, Any] = {
    "about": "Rate and decay.",
    "dimensions": DIMENSIONS,
    "sampler": "random",
    "scheduler": "none",
    "objectives": ["auroc"],
}


def harmless(count: int, seeds: int, **changes: Any) -> Plan:
    """A leave-one-out plan whose texts are what people usually write."""
    whole = plan(min(count, 12), seeds)
    arms = tuple(arm.model_copy(update={"change": f"without {arm.name}"}) for arm in whole.arms)
    return whole.model_copy(update={"arms": arms, "controls": ()} | changes)


def ablation(folder: Path) -> Path:
    """A path of six arms, each against the one before; with baselines; all runs are done."""
    steps = tuple(
        ContrastPlan(name=arm, arm=arm, reference=before) for before, arm in pairwise(NAMES[:6])
    )
    study = harmless(6, 5, design="path", contrasts=steps)
    write(folder, study, CLUSTERS, lost=False)
    controls(folder, study)
    (folder / "study.toml").write_text('question = "Does each step of the fix help?"\n')
    return folder


def leave_one_out(folder: Path) -> Path:
    """Eight arms against one, with predictions."""
    study = harmless(8, 5)
    expected = tuple(
        PredictionPlan(contrast=contrast.name, expect=expect)  # type: ignore[arg-type]
        for contrast, expect in zip(study.contrasts, ("better", "better", "inert"), strict=False)
    )
    return write(folder, study.model_copy(update={"predictions": expected}), CLUSTERS, lost=False)


def crossed(folder: Path) -> Path:
    """Three changes in every combination, of which two have an effect only together."""
    changes = {"model.residual": True, "model.attention.temperature": True, "train.lr": 0.5}
    end = Recipe().with_(changes)
    moved = {path.rpartition(".")[2]: (path,) for path in changes}
    design = factorial(("end", end), Recipe(), moved)
    fields: dict[str, Any] = {"arms": design.arms, "contrasts": design.contrasts}
    study = harmless(1, 5, factors=dict(design.factors), design=design.name, **fields)
    ledger = Ledger(folder)
    ledger.begin(study)
    for stream, arm in enumerate(study.arms):
        both = all(arm.name in study.factors[name] for name in ("residual", "lr"))
        for seed in study.seeds:
            ledger.append(done(arm, seed, 0.04 * both, stream, CLUSTERS))
    return folder


def search(folder: Path) -> Path:
    """Thirty trials of one search; its winner was trained again beside the base."""
    recipes = [trial(n) for n in range(30)]
    best = max(recipes, key=score)
    won = {"search": {"arm": "tuned", "trial": f"trial-{recipes.index(best):04d}"}}
    searched = SEARCHED | {"trials": 30, "winners": won, "closed": True, "arms": {"tuned": {}}}
    arms = tuple(named(name, recipe) for name, recipe in (("base", Recipe()), ("tuned", best)))
    study = harmless(1, 3, arms=arms, contrasts=(), design="search", search=searched)
    write(folder, study, CLUSTERS, lost=False)
    for n, recipe in enumerate(recipes):
        Ledger(folder).append(tried(f"trial-{n:04d}", recipe, score(recipe)))
    return folder


def all_diverged(folder: Path) -> Path:
    """A search of four trials without any winner."""
    Ledger(folder).begin(harmless(1, 2, contrasts=(), search=SEARCHED | {"trials": 4}))
    for n in range(4):
        Ledger(folder).append(tried(f"trial-{n:04d}", trial(n), None))
    return folder


def tuned_arms(folder: Path) -> Path:
    """Two arms, each with five searches of three trials and the verdict on their winners."""
    arms = {"old": Recipe(), "new": Recipe().with_({"model.residual": True})}
    searches = [(arm, f"{arm}.s{number}") for arm in arms for number in range(5)]
    contrast = {"name": "new, tuned", "arm": "new", "reference": "old"}
    won = {name: {"arm": name, "trial": f"{name}.trial-0002"} for _, name in searches}
    searched = SEARCHED | {
        "trials": 3, "searches": 5, "shared": False, "closed": True, "contrasts": [contrast],
        "arms": {k: r.model_dump(mode="json") for k, r in arms.items()}, "winners": won,
    }  # fmt: skip
    winners = tuple(named(name, varied(arms[arm], n)) for n, (arm, name) in enumerate(searches))
    study = harmless(1, 2, arms=winners, contrasts=(), design="tuned arms", search=searched)
    ledger = Ledger(folder)
    ledger.begin(study)
    for place, (winner, (arm, name)) in enumerate(zip(winners, searches, strict=True)):
        effect = 0.05 * (arm == "new")
        for n in range(3):
            recipe = varied(arms[arm], 10 * n + place)
            ledger.append(tried(f"{name}.trial-{n:04d}", recipe, 0.6 + 0.01 * n + effect))
        for seed in study.seeds:
            ledger.append(done(winner, seed, effect, place, CLUSTERS))
    return folder


def all_failed(folder: Path) -> Path:
    """Four arms of which every run ended with an error."""
    study = harmless(4, 3)
    Ledger(folder).begin(study)
    for arm in study.arms:
        for seed in study.seeds:
            row = Row(
                arm=arm.name, seed=seed, state="failed", recipe=arm.recipe,
                recipe_id=arm.recipe_id, error="CUDA out of memory", ended="2026-01-02",
            )  # fmt: skip
            Ledger(folder).append(row)
    return folder


def one_arm(folder: Path) -> Path:
    """An arm that is compared with nothing but its baselines."""
    study = harmless(1, 3, contrasts=(), prediction="")
    write(folder, study, CLUSTERS, lost=False)
    controls(folder, study)
    return folder


def one_seed(folder: Path) -> Path:
    """Three arms of one run each."""
    return write(folder, harmless(3, 1), CLUSTERS, lost=False)


def one_protein(folder: Path) -> Path:
    """Three arms on windows of one protein."""
    return write(folder, harmless(3, 5), clusters=1, lost=False)


def hundred_arms(folder: Path) -> Path:
    """A hundred arms, each against the first, with two seeds and six proteins."""
    arms = tuple(named(f"arm-{n:03d}", varied(Recipe(), n)) for n in range(100))
    contrasts = tuple(
        ContrastPlan(name=f"{arm.name} vs arm-000", arm=arm.name, reference="arm-000")
        for arm in arms[1:]
    )
    study = harmless(1, 2, arms=arms, contrasts=contrasts)
    ledger = Ledger(folder)
    ledger.begin(study)
    for n, arm in enumerate(arms):
        for seed in study.seeds:
            ledger.append(done(arm, seed, 0.001 * (n % 37), n, 6))
    return folder


def hostile(folder: Path) -> Path:
    """Twelve arms with lost runs and two explained windows, whose texts hold scripts."""
    study = plan()
    write(folder, study)
    controls(folder, study)
    windows = (window(f"RBP0 {HOSTILE}", 101, keys=12), window("RBP1", 33, keys=0))
    write_explained(folder, Explained(study.arms[0].name, f"run {HOSTILE}", "key", windows))
    return folder


def window(protein: str, length: int, keys: int) -> Picture:
    """An explained window whose letters 11 to 18 matter; without keys, there is no attention."""
    rng = np.random.default_rng(length)
    letters = "".join(rng.choice(list("ACGU"), length))
    size = np.where((np.arange(length) >= 10) & (np.arange(length) < 18), 0.5, 0.05)
    change = -np.abs(rng.normal(0, 1, (length, 4))) * size[:, None]
    change[np.arange(length), ["ACGU".index(letter) for letter in letters]] = 0.0
    return Picture(
        protein=protein, model="model", letters=letters, substitutes="ACGU",
        change=change.tolist(), span=(10, 18), keys=tuple(f"K{n}" for n in range(keys)),
        attention=rng.dirichlet(np.ones(keys), length).tolist() if keys else None,
        sentences=("Logit +1.000.", HOSTILE), strongest=(("A11C", -1.0),),
    ).short()  # fmt: skip


STUDIES: dict[str, Callable[[Path], Path]] = {
    make.__name__.replace("_", "-"): make
    for make in (ablation, leave_one_out, crossed, search, all_diverged, tuned_arms, all_failed,
                 one_arm, one_seed, one_protein, hundred_arms, hostile)
}  # fmt: skip
"""{name: what writes the study into a folder and returns the folder}."""


def named(name: str, recipe: Recipe) -> ArmPlan:
    """An arm of a plan."""
    return ArmPlan(name=name, recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id)


def varied(recipe: Recipe, n: int) -> Recipe:
    """The recipe with the n-th of many learning rates."""
    return recipe.with_({"train.lr": 1e-4 * (1 + n)})


def trial(n: int) -> Recipe:
    """The recipe of the n-th random trial."""
    rng = np.random.default_rng(n)
    lr, decay = float(10 ** rng.uniform(-4, -2)), float(rng.uniform(0, 0.1))
    return Recipe().with_({"train.lr": lr, "train.weight_decay": decay})


def score(recipe: Recipe) -> float:
    """The validation AUROC of a trial, best at a rate of 0.001."""
    return 0.7 - 0.05 * abs(float(np.log10(recipe.train.lr)) + 3)


def tried(name: str, recipe: Recipe, value: float | None) -> Row:
    """The row of a trial; one without a value diverged."""
    state = "diverged" if value is None else "done"
    scored = {} if value is None else {"validation.auroc_macro": value}
    return Row(
        arm=name, seed=0, state=state, stage="search", recipe=recipe.model_dump(mode="json"),
        recipe_id=recipe.id, metrics=scored, error="" if scored else "loss is nan in epoch 1",
        ended=f"2026-01-01T00:00:00+00:00 {name}",
    )  # fmt: skip
