"""Studies whose searches have ended, without Ray or training: rows are invented."""

import importlib.util
from pathlib import Path
from types import ModuleType

from toy_search import BASE

from rpbind.ledger import ArmPlan, Ledger, Plan, Row, Stage, State
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep
from rpbind.search.winners import with_winners

WHY = "the loss is not finite in epoch 1"


def row(name: str, seed: int, state: State, recipe: Recipe, stage: Stage = "ablation") -> Row:
    scored = {"validation.auroc_macro": 0.7, "test.auroc_macro": 0.6} if state == "done" else {}
    return Row(
        arm=name, seed=seed, state=state, stage=stage, recipe=recipe.model_dump(mode="json"),
        recipe_id=recipe.id, metrics=scored, error="" if state == "done" else WHY,
        ended="2026-11-25T09:00:00+00:00",
    )  # fmt: skip


def finished(folder: Path, sweep: Sweep, whole: tuple[str, ...] = ()) -> Plan:
    """Make a study with two seeds whose trials diverge, except in the searches `whole`."""
    base = ArmPlan(name="base", recipe=BASE.model_dump(mode="json"), recipe_id=BASE.id)
    plan = Plan(
        study="x", question="?", prediction="!", rule=".", design="search",
        arms=() if sweep.tunes_arms else (base,), contrasts=(), seeds=(0, 1), dataset="", split="",
        search=sweep.plan_entry(), created="",
    )  # fmt: skip
    return ended(plan, folder, sweep, whole)


def ended(plan: Plan, folder: Path, sweep: Sweep, whole: tuple[str, ...] = ()) -> Plan:
    """Add invented rows of a plan's trials, arms and controls, and its winners."""
    ledger = Ledger(folder)
    for search in sweep.searches:
        for number in range(sweep.total):
            state: State = "done" if search.name in whole else "diverged"
            recipe = search.base.with_({"train.lr": 1e-3 * (1 + number)})
            ledger.append(row(search.trial(number), 1000, state, recipe, "search"))
    plan = with_winners(plan, sweep, ledger.rows("search"))
    ledger.begin(plan)
    for stage, arms in (("ablation", plan.arms), ("control", plan.controls)):
        for arm in arms:
            for seed in plan.seeds:
                recipe = Recipe.model_validate(arm.recipe)
                ledger.append(row(arm.name, seed, "done", recipe, stage))
    return plan


def experiment(name: str) -> ModuleType:
    file = Path(__file__).parents[1] / "experiments" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
