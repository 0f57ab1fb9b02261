"""One call from an experiment page to the ledger: search if asked, run what is missing, record."""

from __future__ import annotations

import sys
from pathlib import Path

from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan, Stage
from rpbind.recipe import Recipe
from rpbind.study.checkup import check_arms
from rpbind.study.controls import as_arms, score_baselines
from rpbind.study.environment import prepare
from rpbind.study.plan import Source, Sweep, missing, planned_rows, with_best
from rpbind.study.where import Where
from rpbind.train.task import Task


def launch(
    plan: Plan, source: Source, where: Where, folder: Path, sweep: Sweep | None = None
) -> Plan:
    """Run what is missing of a study and return its plan, with the tuned arm where it searched.

    A folder that holds the same study already is continued; one that holds another is refused.
    """
    prepare(where.address)
    from rpbind.study import run  # imports Ray, which reads its settings then

    ledger = Ledger(folder)
    with run.ray_running(where):
        run.at_once(where)
        print(f"storage   {run.check_storage(where, folder, source.data)}", file=sys.stderr)
        _begin(ledger, plan)
        check_arms(plan, source, ledger)
        score_baselines(plan, source.data, source.split, ledger)
        if sweep is not None:
            base = Task(
                "search",
                sweep.base,
                ((0, 0),),
                source.data,
                source.split,
                folder / "runs",
                "search",
            )
            run.run_search(base, sweep.space, sweep.trials, ledger, where, sweep.seed)
            trials = [row for row in ledger.rows("search") if row.state != "stopped"]
            if len(trials) < sweep.trials:
                return plan  # the search was stopped: nothing is compared on half of it
            plan = with_best(plan, trials)
            ledger.begin(plan)
            check_arms(plan, source, ledger)
        together = where.executor == "train"
        tasks = tasks_of(plan, ledger, source, together=together)
        tasks += tasks_of(as_arms(plan), ledger, source, together=together, stage="control")
        if tasks:
            run.run_grid(tasks, ledger, where)
    return plan


def not_done(plan: Plan, ledger: Ledger) -> list[str]:
    """Name the planned runs that are not done, each with what became of it."""
    controls = as_arms(plan)
    rows = planned_rows(plan, ledger) | planned_rows(controls, ledger, "control")
    named = []
    for arm, seed in plan.planned + controls.planned:
        row = rows.get((arm, seed))
        if row is None or row.state != "done":
            named.append(f"{arm} seed {seed}: {'not begun' if row is None else row.state}")
    return named


def tasks_of(
    plan: Plan, ledger: Ledger, source: Source, *, together: bool, stage: Stage = "ablation"
) -> list[Task]:
    """Return the tasks of the runs that are missing; `together` puts an arm's seeds in one."""
    left = missing(plan, ledger, stage)
    tasks = []
    for arm in plan.arms:
        runs = [(seed, attempt) for (name, seed), attempt in left.items() if name == arm.name]
        packs = [tuple(runs)] if together else [(run,) for run in runs]
        recipe = Recipe.model_validate(arm.recipe)
        tasks += [
            Task(arm.name, recipe, pack, source.data, source.split, ledger.study / "runs", stage)
            for pack in packs
            if pack
        ]
    return tasks


def _begin(ledger: Ledger, plan: Plan) -> None:
    if (ledger.study / "plan.json").exists():
        there = ledger.plan.fingerprint
        if there != plan.fingerprint:
            raise UserError(
                f"{ledger.study} holds another study (fingerprint {there}, this one is "
                f"{plan.fingerprint}): recipes, seeds, data, split or code have changed since. "
                "Choose another --name, or remove that folder."
            )
    else:
        ledger.begin(plan)
