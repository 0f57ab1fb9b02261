"""One call from an experiment page to the ledger: search if asked, run what is missing, record."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from rpbind.analysis.winners import arms_without_winner
from rpbind.baselines.score import score_baselines
from rpbind.design.controls import as_arms
from rpbind.design.plan import missing, planned_rows
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan, Stage
from rpbind.ledger.calls import record_call
from rpbind.ledger.heal import heal
from rpbind.ledger.plans import PLAN
from rpbind.ledger.search_results import searches
from rpbind.recipe import Recipe
from rpbind.run.environment import prepare
from rpbind.run.resources import Resources
from rpbind.search.search import Sweep
from rpbind.search.tuning import bases
from rpbind.search.winners import has_frozen_winners, with_winners, write_winners
from rpbind.study.checkup import check_arms
from rpbind.study.extend import (
    another_study,
    extended,
    nothing_to_extend,
)
from rpbind.study.landing import only_code_differs, with_its_code
from rpbind.study.more_trials import with_its_search
from rpbind.terminal import PLAIN, phase
from rpbind.train.task import Task


def launch(
    plan: Plan,
    source: DataSource,
    where: Resources,
    folder: Path,
    sweep: Sweep | None = None,
    *,
    add_seeds: int = 0,
    accept_code_change: bool = False,
) -> Plan:
    """Run what is missing of a study and return its plan, with the tuned arm where it searched.

    A folder that holds the same study already is continued, and extended by `add_seeds`, or by
    the trials and the budget that the plan has and it has not; one that
    holds another is refused, and so is one that another process runs.
    """
    ledger = Ledger(folder)
    with ledger.drive(plan.command), record_call(folder) as begin:
        with phase("reading the ledger"):
            said = heal(ledger)
            ledger.merge()
            plan = joined(plan, ledger, add_seeds, accept_code_change=accept_code_change)
        for sentence in said:
            Console(stderr=True).print(sentence, **PLAIN)
        plan = _run(plan, source, where, ledger, sweep, begin=begin)
        with phase("reading the ledger"):
            heal(ledger)  # every process of the study has ended: what it left is taken in
    return plan


def mend(plan: Plan, folder: Path) -> None:
    """Set right what a folder's study has damaged, before anything of it is read.

    Nothing is done where the folder holds no study, or another one.
    """
    ledger = Ledger(folder)
    if not os.path.lexists(folder / PLAN) or ledger.plan.fingerprint != plan.fingerprint:
        return
    with ledger.drive(plan.command):
        for sentence in heal(ledger):
            Console(stderr=True).print(sentence, **PLAIN)


def rehearse(plan: Plan, source: DataSource, where: Resources, folder: Path) -> None:
    """Ask a cluster for what a study needs of it, as `launch` does, and leave it as it was."""
    prepare(where.address)
    from rpbind.run import ray_tune as run  # import Ray, which reads its settings then

    with Ledger(folder).drive(plan.command), run.ready(where, folder, source.data):
        pass


def _run(
    plan: Plan,
    source: DataSource,
    where: Resources,
    ledger: Ledger,
    sweep: Sweep | None,
    *,
    begin: Callable[[int], None],
) -> Plan:
    """Run what is missing; `begin` is told how many runs can be made at once."""
    prepare(where.address)
    with phase("loading Ray"):
        from rpbind.run import ray_tune as run  # import Ray, which reads its settings then
        from rpbind.run import sweep as searching
        from rpbind.search.database import pausing_if_lost

    with run.ready(where, ledger.study, source.data) as slots:
        ledger.begin(plan)
        begin(slots)
        check_arms(plan if has_frozen_winners(plan) else bases(plan, sweep), source, ledger)
        store = source.opened.embeddings(_first(plan, sweep).proteins)
        score_baselines(source.opened.dataset, source.parts, store, ledger)
        if sweep is not None:
            if not has_frozen_winners(ledger.plan):
                template = _template(sweep, source, ledger.runs)
                with pausing_if_lost(sweep.config.storage):
                    finished = searching.run_searches(template, sweep, ledger, where)
                if not finished:
                    return plan  # the search was stopped: nothing is compared on half of it
                ledger.begin(with_winners(plan, sweep, ledger.rows("search")))
            plan = ledger.plan
            write_winners(plan, ledger.study)
            check_arms(plan, source, ledger)
        together = where.executor == "train"
        tasks = tasks_of(plan, ledger, source, together=together)
        tasks += tasks_of(as_arms(plan), ledger, source, together=together, stage="control")
        if tasks:
            run.run_grid(tasks, ledger, where)
    return plan


def _first(plan: Plan, sweep: Sweep | None) -> Recipe:
    """Return the first arm's recipe; of a study that begins with searches, the first one's."""
    if plan.arms or sweep is None:
        return Recipe.model_validate(plan.arms[0].recipe)
    return next(iter(sweep.arms.values()))


def _template(sweep: Sweep, source: DataSource, runs: Path) -> Task:
    """Return the task of a trial, but for what is drawn: name, recipe, seeds."""
    recipe = next(iter(sweep.arms.values()))
    return Task("", recipe, (), source.data, source.split, runs, "search")


def not_done(plan: Plan, ledger: Ledger) -> list[str]:
    """Name the planned runs that are not done, each with what became of it."""
    controls = as_arms(plan)
    rows = planned_rows(plan, ledger) | planned_rows(controls, ledger, "control")
    named = ["the search is not finished"] if plan.search and not has_frozen_winners(plan) else []
    never = arms_without_winner(plan, searches(plan, ledger.rows("search")))
    for why in dict.fromkeys(never.values()):
        arms = [arm for arm, its in never.items() if its == why]
        named.append(
            f"{'the arm' if len(arms) == 1 else 'the arms'} {', '.join(arms)} "
            f"{'was' if len(arms) == 1 else 'were'} never made, since {why}"
        )
    for arm, seed in plan.planned + controls.planned:
        row = rows.get((arm, seed))
        if row is None or row.state != "done":
            named.append(f"{arm} seed {seed}: {'not begun' if row is None else row.state}")
    return named


def goes_on(plan: Plan, ledger: Ledger) -> bool:
    """Whether the same command would make more of a study than there is."""
    searching = plan.search is not None and not has_frozen_winners(plan)
    left = missing(plan, ledger) or missing(as_arms(plan), ledger, "control")
    return searching or bool(left)


def tasks_of(
    plan: Plan, ledger: Ledger, source: DataSource, *, together: bool, stage: Stage = "ablation"
) -> list[Task]:
    """Return the tasks of the runs that are missing; `together` puts an arm's seeds in one."""
    left = missing(plan, ledger, stage)
    tasks = []
    for arm in plan.arms:
        runs = [(seed, attempt) for (name, seed), attempt in left.items() if name == arm.name]
        packs = [tuple(runs)] if together else [(run,) for run in runs]
        recipe = Recipe.model_validate(arm.recipe)
        tasks += [
            Task(arm.name, recipe, pack, source.data, source.split, ledger.runs, stage)
            for pack in packs
            if pack
        ]
    return tasks


def joined(plan: Plan, ledger: Ledger, add_seeds: int, *, accept_code_change: bool = False) -> Plan:
    """Return the plan with the seeds and trials that the folder's study has by now, and more.

    Raises `UserError` where the folder holds another study, or none that could be extended.
    """
    if not os.path.lexists(ledger.study / PLAN):
        if add_seeds:
            raise nothing_to_extend(ledger.study)
        if accept_code_change:
            raise UserError(
                f"--accept-code-change goes on with a study that is there, and {ledger.study} "
                "holds none. Leave it out to begin a study."
            )
        return plan
    there = ledger.plan
    if there.fingerprint != plan.fingerprint:
        accepted = accept_code_change or plan.code in there.accepted_code
        if not (accepted and only_code_differs(there, plan)):
            raise another_study(there, plan, ledger.study)
        plan = with_its_code(plan, there)
    else:
        plan = plan.model_copy(update={"accepted_code": there.accepted_code})
    kept: dict[str, object] = {
        "seeds": there.seeds, "looks": there.looks, "created": there.created,
        "confirmatory": there.confirmatory,  # what was planned before anything was seen
    }  # fmt: skip
    plan = with_its_search(plan.model_copy(update=kept), there, ledger)
    if add_seeds and has_frozen_winners(there) and not has_frozen_winners(plan):
        raise UserError(
            "A study is extended by trials or by seeds, one after the other, so that each is "
            "judged. Give the larger search first, without --add-seeds."
        )
    return extended(plan, ledger, add_seeds)
