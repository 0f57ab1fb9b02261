"""Run a study: first its searches, then every missing run; all results go to the ledger."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rpbind.audit.record import FILE as AUDIT
from rpbind.audit.record import write_audit
from rpbind.auditor.kept import audit_of
from rpbind.baselines.score import score_baselines
from rpbind.data.splits import Split, SplitSpec
from rpbind.design.controls import as_arms
from rpbind.design.plan import missing
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger, Plan, Stage, write_atomic
from rpbind.ledger.calls import record_call
from rpbind.ledger.plans import PLAN
from rpbind.ledger.repair import repair_study
from rpbind.recipe import Recipe
from rpbind.run.environment import prepare
from rpbind.run.resources import Resources
from rpbind.search.search import Sweep
from rpbind.search.tuning import bases
from rpbind.search.winners import has_frozen_winners, with_winners, write_winners
from rpbind.study.checkup import examine_arms
from rpbind.study.custom import keep_custom_classes
from rpbind.study.environment import record_environment
from rpbind.study.resume import resumed
from rpbind.terminal import phase
from rpbind.train.task import Task
from rpbind.verbosity import tell

STUDY_FILE = "study.toml"
"""The study as one file, in its folder."""


def launch(
    plan: Plan,
    source: DataSource,
    resources: Resources,
    folder: Path,
    sweep: Sweep | None = None,
    *,
    add_seeds: int = 0,
    accept_code_change: bool = False,
    study_file: Callable[[Plan], str] | None = None,
) -> Plan:
    """Run what is missing of a study.

    A folder that has the same study is continued, and extended by the seeds, trials or budget that
    it lacks. A folder with another study is refused, and one that another process is running, too.

    Parameters
    ----------
    plan
        The plan of the study.
    source
        The dataset and its split.
    resources
        What each run gets, and on which Ray.
    folder
        The folder of the study.
    sweep
        The searches that come first, if there are any.
    add_seeds
        The number of seeds by which an existing study is extended.
    accept_code_change
        Continue a study whose rows were made by other code.
    study_file
        Returns the text of `study.toml`, from which the study can be run again.

    Returns
    -------
    Plan
        The plan, which includes the winners of finished searches as arms.
    """
    ledger = Ledger(folder)
    with ledger.drive(plan.command), record_call(folder) as begin:
        with phase("reading the ledger"):
            messages = repair_study(ledger)
            ledger.merge()
            plan = resumed(plan, ledger, add_seeds, accept_code_change=accept_code_change)
        for sentence in messages:
            tell(sentence)

        def begun(slots: int) -> None:
            if study_file is not None:
                write_atomic(folder / STUDY_FILE, study_file(plan).encode())
            keep_custom_classes(plan, sweep, folder)
            write_audit(folder / AUDIT, audit_of(source.opened.dataset, source.parts))
            ledger.begin(plan)
            record_environment(folder)
            begin(slots)

        plan = _run(plan, source, resources, ledger, sweep, begin=begun)
        with phase("reading the ledger"):
            # all processes of the study have ended: collect what they left behind
            repair_study(ledger)
    return plan


def repair(plan: Plan, folder: Path) -> None:
    """Repair the damaged files of a study before it is read.

    Does nothing if the folder has no study, or another one.

    Parameters
    ----------
    plan
        The plan of the study.
    folder
        The folder of the study.
    """
    ledger = Ledger(folder)
    if not os.path.lexists(folder / PLAN) or ledger.plan.fingerprint != plan.fingerprint:
        return
    with ledger.drive(plan.command):
        for sentence in repair_study(ledger):
            tell(sentence)


def check_on_cluster(plan: Plan, source: DataSource, resources: Resources, folder: Path) -> None:
    """Check that a Ray cluster has what a study needs, as `launch` does, without running it.

    Parameters
    ----------
    plan
        The plan of the study.
    source
        The dataset and its split.
    resources
        What each run gets, and on which Ray.
    folder
        The folder of the study.
    """
    prepare(resources.address)
    from rpbind.run import ray_tune as run  # import Ray, which reads its settings then

    with Ledger(folder).drive(plan.command), run.ready(resources, folder, source.data):
        pass


def _run(
    plan: Plan,
    source: DataSource,
    resources: Resources,
    ledger: Ledger,
    sweep: Sweep | None,
    *,
    begin: Callable[[int], None],
) -> Plan:
    """Run what is missing; calls `begin` with the number of runs that fit at the same time."""
    prepare(resources.address)
    with phase("loading Ray"):
        from rpbind.run import ray_tune as run  # import Ray, which reads its settings then

    with run.ready(resources, ledger.study, source.data) as slots:
        begin(slots)
        if resources.shared:
            from rpbind.run.gpu_share import shared

            recipes = [Recipe.model_validate(arm.recipe) for arm in (*plan.arms, *plan.controls)]
            recipes += [] if sweep is None else list(sweep.arms.values())
            resources = shared(resources, recipes, source, plan.seeds[0])
        examine_arms(plan if has_frozen_winners(plan) else bases(plan, sweep), source, ledger)
        store = source.opened.embeddings(_first(plan, sweep).proteins)
        for seed, split in _splits_of(plan, source):
            score_baselines(source.opened.dataset, split, store, ledger, plan, seed)
        if sweep is not None:
            from rpbind.run import sweep as searching  # and Optuna, which only searches need
            from rpbind.search.database import pausing_if_lost

            if not has_frozen_winners(ledger.plan):
                template = _template(plan, sweep, source, ledger.runs)
                with pausing_if_lost(sweep.config.storage):
                    finished = searching.run_searches(template, sweep, ledger, resources)
                if not finished:
                    return plan  # stopped: a search that is not finished has no winner to compare
                ledger.begin(with_winners(plan, sweep, ledger.rows("search")))
            plan = ledger.plan
            write_winners(plan, ledger.study)
            examine_arms(plan, source, ledger)
        together = resources.executor == "train"
        tasks = tasks_of(plan, ledger, source, together=together)
        tasks += tasks_of(as_arms(plan), ledger, source, together=together, stage="control")
        if tasks:
            run.run_grid(tasks, ledger, resources)
    return plan


def _splits_of(plan: Plan, source: DataSource) -> list[tuple[int, Split]]:
    """Return each split that runs have, with the first seed that has it."""
    first = {source.split.of_run(seed): seed for seed in reversed(plan.seeds)}
    if not source.split.folds:
        first = {source.split: 0}  # a baseline has no seed
    specs = {seed: spec for spec, seed in first.items()}
    return [(seed, source.opened.split(specs[seed])) for seed in sorted(specs)]


def _first(plan: Plan, sweep: Sweep | None) -> Recipe:
    """Return the recipe of the first arm, or that from which the first search begins."""
    if plan.arms or sweep is None:
        return Recipe.model_validate(plan.arms[0].recipe)
    return next(iter(sweep.arms.values()))


def _template(plan: Plan, sweep: Sweep, source: DataSource, runs: Path) -> Task:
    """Return the task of a trial, without name and seeds, and with the recipe before the draw."""
    recipe = next(iter(sweep.arms.values()))
    metrics = tuple(each.part for each in plan.metrics)
    return Task("", recipe, (), source.data, source.split, runs, "search", metrics)


def tasks_of(
    plan: Plan, ledger: Ledger, source: DataSource, *, together: bool, stage: Stage = "ablation"
) -> list[Task]:
    """Return the tasks of the missing runs; `together` puts all seeds of an arm into one task."""
    left = missing(plan, ledger, stage)
    metrics = tuple(each.part for each in plan.metrics)
    tasks = []
    for arm in plan.arms:
        runs = [(seed, attempt) for (name, seed), attempt in left.items() if name == arm.name]
        packs = _by_split(runs, source.split) if together else [(run,) for run in runs]
        recipe = Recipe.model_validate(arm.recipe)
        tasks += [
            Task(
                arm.name,
                recipe,
                pack,
                source.data,
                source.split.of_run(pack[0][0]),
                ledger.runs,
                stage,
                metrics,
            )
            for pack in packs
            if pack
        ]
    return tasks


def _by_split(runs: list[tuple[int, int]], split: SplitSpec) -> list[tuple[tuple[int, int], ...]]:
    """Return the runs of an arm in packs that have one split: one pack, or one for each fold."""
    packs: dict[SplitSpec, list[tuple[int, int]]] = {}
    for seed, attempt in runs:
        packs.setdefault(split.of_run(seed), []).append((seed, attempt))
    return [tuple(pack) for pack in packs.values()]
