"""One call from an experiment page to the ledger: search if asked, run what is missing, record."""

from __future__ import annotations

import sys
from pathlib import Path

from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.study.checkup import check_arms
from rpbind.study.environment import prepare
from rpbind.study.plan import Source, missing, planned_rows
from rpbind.study.search import Sweep
from rpbind.study.where import Where
from rpbind.study.winners import frozen, with_winners
from rpbind.train.task import Task


def launch(
    plan: Plan, source: Source, where: Where, folder: Path, sweep: Sweep | None = None
) -> Plan:
    """Run what is missing of a study and return its plan, with the tuned arm where it searched.

    A folder that holds the same study already is continued; one that holds another is refused.
    """
    prepare(where.address)
    from rpbind.study import run  # import Ray, which reads its settings then
    from rpbind.study import sweep as searching

    ledger = Ledger(folder)
    with run.ray_running(where):
        run.at_once(where)
        print(f"storage   {run.check_storage(where, folder, source.data)}", file=sys.stderr)
        _begin(ledger, plan)
        check_arms(plan, source, ledger)
        if sweep is not None:
            if not frozen(ledger.plan):
                template = _template(sweep, source, folder)
                if not searching.run_searches(template, sweep, ledger, where):
                    return plan  # the search was stopped: nothing is compared on half of it
                ledger.begin(with_winners(plan, sweep, ledger.rows("search")))
            plan = ledger.plan
            check_arms(plan, source, ledger)
        if tasks := tasks_of(plan, ledger, source, together=where.executor == "train"):
            run.run_grid(tasks, ledger, where)
    return plan


def _template(sweep: Sweep, source: Source, folder: Path) -> Task:
    """Return the task of a trial, but for what is drawn: name, recipe, seeds."""
    recipe = next(iter(sweep.arms.values()))
    return Task("", recipe, (), source.data, source.split, folder / "runs", "search")


def not_done(plan: Plan, ledger: Ledger) -> list[str]:
    """Name the planned runs that are not done, each with what became of it."""
    rows = planned_rows(plan, ledger)
    named = ["the search is not finished"] if plan.search and not frozen(plan) else []
    for arm, seed in plan.planned:
        row = rows.get((arm, seed))
        if row is None or row.state != "done":
            named.append(f"{arm} seed {seed}: {'not begun' if row is None else row.state}")
    return named


def tasks_of(plan: Plan, ledger: Ledger, source: Source, *, together: bool) -> list[Task]:
    """Return the tasks of the runs that are missing; `together` puts an arm's seeds in one."""
    left = missing(plan, ledger)
    tasks = []
    for arm in plan.arms:
        runs = [(seed, attempt) for (name, seed), attempt in left.items() if name == arm.name]
        packs = [tuple(runs)] if together else [(run,) for run in runs]
        recipe = Recipe.model_validate(arm.recipe)
        tasks += [
            Task(arm.name, recipe, pack, source.data, source.split, ledger.study / "runs")
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
