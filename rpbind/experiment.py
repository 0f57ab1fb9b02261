"""The way of an experiment from its design to its report; its options are in `options.py`."""

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
from rpbind.study.landing import study_folder
from rpbind.study.launch import goes_on, joined, launch, mend, not_done, rehearse
from rpbind.study.options import RunOptions
from rpbind.study.ready import check_asked, check_folder
from rpbind.study.sizes import check_sizes
from rpbind.terminal import PLAIN, REPORT_PREFIX, phase, progress

UNFINISHED = 3
"""Exit code of a study of which fewer runs are done than were planned."""


def conduct(experiment: str, question: Question, design: Design, conditions: RunOptions) -> None:
    """Run a page's design and leave its report; exits with 3 where runs are missing."""
    console = Console(stderr=True)
    check_asked(conditions)
    check_size(Price(len(design.arms), conditions.seeds, len(design.contrasts)), conditions.yes)
    plan = make_plan(
        experiment,
        question,
        design,
        tuple(range(conditions.seeds)),
        conditions.source,
        sweep=conditions.sweep,
        control=conditions.control,
    )
    on_gpu = conditions.where.gpus > 0
    check_sizes(plan, conditions.sweep, conditions.source, on_gpu=on_gpu)
    folder, note = study_folder(plan, conditions)
    if note:
        console.print(note, **PLAIN)
    check_folder(folder)
    if not conditions.dry_run:
        mend(plan, folder)
    asked = joined(
        plan,
        Ledger(folder),
        conditions.add_seeds,
        accept_code_change=conditions.accept_code_change,
    )
    price = announce.price_of(asked, conditions.sweep)
    check_size(price, conditions.yes)
    console.print(announce.summary(asked, price, conditions, folder), **PLAIN)
    if conditions.dry_run:
        if conditions.where.address is not None:
            rehearse(asked, conditions.source, conditions.where, folder)
        with progress("comparing the arms"):
            compared = guard(bases(asked, conditions.sweep), conditions.source.inputs)
        for comparison in compared:
            console.print(f"  {comparison.words()}", **PLAIN)
        with progress("timing a few batches"):
            seconds = announce.time_of(price, asked, conditions, folder)
        console.print(f"time      {seconds}", **PLAIN)
        return
    with STOP.heeded():
        try:
            unfinished = _made(plan, conditions, folder)
        except (KeyboardInterrupt, SystemExit):  # Ray, while it starts, answers SIGTERM by exiting
            unfinished = f"Stopped. What is recorded is whole. {_again(plan)}"
    if unfinished:
        console.print(unfinished, **PLAIN)
        raise typer.Exit(UNFINISHED)


def _made(plan: Plan, conditions: RunOptions, folder: Path) -> str:
    """Make the study and its report; say what is not done of it, "" where everything is."""
    plan = launch(
        plan,
        conditions.source,
        conditions.where,
        folder,
        conditions.sweep,
        add_seeds=conditions.add_seeds,
        accept_code_change=conditions.accept_code_change,
    )
    with phase("writing the report"):
        page = build_report(folder)
        table = verdict_table(folder)
    Console().print(table)
    for file in winner_files(plan, folder).values():
        print(f"winner: {file}")
    print(f"{REPORT_PREFIX}{page}")
    ledger = Ledger(folder)
    left = not_done(plan, ledger)
    if not left:
        return ""
    planned = len(required_runs(plan)) + len(as_arms(plan).planned)
    advice = "A diverged run is not made again."
    if any("never made" in one for one in left):
        advice = "More trials, or another space, may find a configuration that trains."
    return (
        f"{'Stopped. ' if STOP.asked else ''}Not everything that was planned ({planned} runs) is "
        f"done: {'; '.join(left)}. {advice} {_again(plan) if goes_on(plan, ledger) else ''}"
    ).rstrip()


def _again(plan: Plan) -> str:
    return f"The same command goes on with what is missing: {plan.command}"
