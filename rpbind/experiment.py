"""Run an experiment, from its design to its report; its options are in `options.py`."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from rpbind.analysis.winners import required_runs
from rpbind.design.controls import as_arms
from rpbind.design.design import Design
from rpbind.design.plan import make_plan
from rpbind.design.price import Price, check_size
from rpbind.design.question import Question
from rpbind.doctor.guard import guard
from rpbind.ledger import Ledger, Plan
from rpbind.report.build import build_report
from rpbind.report.terminal import verdict_table
from rpbind.run.stop import STOP
from rpbind.search.tuning import bases
from rpbind.search.winners import winner_files
from rpbind.study import announce
from rpbind.study.folder import study_folder
from rpbind.study.launch import check_on_cluster, launch, repair
from rpbind.study.options import RunOptions
from rpbind.study.ready import check_folder, check_options
from rpbind.study.resume import is_resumable, not_done, resumed
from rpbind.study.sizes import check_sizes
from rpbind.terminal import PLAIN, REPORT_PREFIX, phase, progress

UNFINISHED = 3
"""Exit code if fewer runs are done than were planned."""


def conduct(experiment: str, question: Question, design: Design, options: RunOptions) -> None:
    """Run a design and write its report; exit with code 3 if runs are missing.

    Parameters
    ----------
    experiment
        Name of the experiment, with which the study's name begins.
    question
        Question, prediction and decision rule.
    design
        The arms and contrasts.
    options
        How the study is run.
    """
    console = Console(stderr=True)
    check_options(options)
    check_size(Price(len(design.arms), options.seeds, len(design.contrasts)), options.yes)
    plan = make_plan(
        experiment,
        question,
        design,
        tuple(range(options.seeds)),
        options.source,
        sweep=options.sweep,
        control=options.control,
    )
    on_gpu = options.resources.gpus > 0
    check_sizes(plan, options.sweep, options.source, on_gpu=on_gpu)
    folder, note = study_folder(plan, options)
    if note:
        console.print(note, **PLAIN)
    check_folder(folder)
    if not options.dry_run:
        repair(plan, folder)
    resumed_plan = resumed(
        plan,
        Ledger(folder),
        options.add_seeds,
        accept_code_change=options.accept_code_change,
    )
    price = announce.price_of(resumed_plan, options.sweep)
    check_size(price, options.yes)
    console.print(announce.summary(resumed_plan, price, options, folder), **PLAIN)
    if options.dry_run:
        if options.resources.address is not None:
            check_on_cluster(resumed_plan, options.source, options.resources, folder)
        with progress("comparing the arms"):
            compared = guard(bases(resumed_plan, options.sweep), options.source.inputs)
        for comparison in compared:
            console.print(f"  {comparison.words()}", **PLAIN)
        with progress("timing a few batches"):
            seconds = announce.time_of(price, resumed_plan, options, folder)
        console.print(f"time      {seconds}", **PLAIN)
        return
    with STOP.installed():
        try:
            unfinished = _made(plan, options, folder)
        except (KeyboardInterrupt, SystemExit):  # Ray exits on SIGTERM while it starts
            unfinished = f"Stopped. The ledger is intact. {_again(plan)}"
    if unfinished:
        console.print(unfinished, **PLAIN)
        raise typer.Exit(UNFINISHED)


def _made(plan: Plan, options: RunOptions, folder: Path) -> str:
    """Run the study and write its report; return what is not done, or "" if all is done."""
    plan = launch(
        plan,
        options.source,
        options.resources,
        folder,
        options.sweep,
        add_seeds=options.add_seeds,
        accept_code_change=options.accept_code_change,
    )
    with phase("writing the report"):
        report = build_report(folder)
        table = verdict_table(folder)
    Console().print(table)
    for file in winner_files(plan, folder).values():
        print(f"winner: {file}")
    print(f"{REPORT_PREFIX}{report}")
    ledger = Ledger(folder)
    left = not_done(plan, ledger)
    if not left:
        return ""
    planned = len(required_runs(plan)) + len(as_arms(plan).planned)
    advice = "A diverged run is not repeated."
    if any("never made" in one for one in left):
        advice = "More trials, or another space, may find a configuration that trains."
    stopped = "Stopped. " if STOP.requested else ""
    again = _again(plan) if is_resumable(plan, ledger) else ""
    text = f"{stopped}Not all of the {planned} planned runs are done: {'; '.join(left)}. {advice}"
    return f"{text} {again}".rstrip()


def _again(plan: Plan) -> str:
    return f"To run what is missing, repeat the command: {plan.command}"
