"""Run an experiment, from its design to its report; its options are in `options.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from rpbind.design.design import Design
from rpbind.design.plan import make_plan
from rpbind.design.price import Price, check_size
from rpbind.design.question import Question
from rpbind.doctor.guard import guard
from rpbind.exits import UNFINISHED as UNFINISHED
from rpbind.explained.refresh import explainer
from rpbind.ledger import Ledger, Plan
from rpbind.ledger.plans import PLAN
from rpbind.report.live import LivePage
from rpbind.report.publish import publish
from rpbind.run.notify import STOPPED, ending
from rpbind.run.stop import STOP
from rpbind.saved.places import models_of_study
from rpbind.screens.screen import MOST_LINES, last_screen
from rpbind.search.tuning import bases
from rpbind.search.winners import winner_files
from rpbind.study import announce
from rpbind.study.custom import check_custom_classes
from rpbind.study.folder import study_folder
from rpbind.study.launch import check_on_cluster, launch, repair
from rpbind.study.options import RunOptions
from rpbind.study.own_measures import check_own_measures
from rpbind.study.ready import check_folder, check_options
from rpbind.study.resume import how_to_continue, left_over, resumed
from rpbind.study.sizes import check_sizes
from rpbind.terminal import REPORT_PREFIX, phase, progress
from rpbind.verbosity import say, tell

Show = Callable[[Plan, Path], None]


@dataclass(frozen=True)
class PreparedStudy:
    """A study whose options, data and folder are checked, and for which nothing is trained yet.

    Parameters
    ----------
    plan
        The plan as requested.
    resumed
        The plan with the seeds, trials and winners of the existing study added.
    price
        The numbers of its runs.
    folder
        The folder of the study.
    options
        How the study is run.
    """

    plan: Plan
    resumed: Plan
    price: Price
    folder: Path
    options: RunOptions


def prepared(
    experiment: str, question: Question, design: Design, options: RunOptions
) -> PreparedStudy:
    """Check a study before it runs, and print the summary of what would run.

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

    Returns
    -------
    PreparedStudy
        The checked study, for `run_study`.

    Raises
    ------
    UserError
        If the study cannot be run, or if its folder has another study.
    """
    check_options(options)
    check_size(Price(len(design.arms), len(options.all_seeds), len(design.contrasts)), options.yes)
    plan = make_plan(
        experiment,
        question,
        design,
        options.all_seeds,
        options.source,
        sweep=options.sweep,
        control=options.control,
        delta=options.delta,
        predictions=options.predictions,
        metrics=options.metrics,
        own_controls=options.own_controls,
        smoke=options.smoke,
    ).model_copy(update={"name": options.name or ""})
    check_own_measures(plan, options.source)
    check_custom_classes(plan, options.sweep, options.source)
    check_sizes(plan, options.sweep, options.source, on_gpu=options.resources.gpus > 0)
    folder, note = study_folder(plan, options)
    if note:
        say(note)
    check_folder(folder)
    if not options.dry_run:
        repair(plan, folder)
    resumed_plan = resumed(
        plan,
        Ledger(folder),
        options.add_seeds,
        accept_code_change=options.accept_code_change,
    )
    if plan.predictions and plan.predictions != resumed_plan.predictions:
        tell(
            "The predictions differ from those with which this study began. Those are kept, as its "
            "results may be known by now. Use another --name for a new study."
        )
    price = announce.price_of(resumed_plan, options.sweep)
    check_size(price, options.yes)
    show = tell if options.dry_run else say  # the summary is the result of a dry run
    show(announce.summary(resumed_plan, price, options, folder))
    return PreparedStudy(plan, resumed_plan, price, folder, options)


def run_study(study: PreparedStudy, show: Show = lambda plan, report: None) -> str:
    """Run what is missing of a study, and write its report page.

    Parameters
    ----------
    study
        The checked study.
    show
        Called with the final plan and the path of the report page.

    Returns
    -------
    str
        What is not done, and how to continue; "" if every planned run is done.
    """
    with STOP.installed(), ending(study.options.notify, study.folder) as end:
        try:
            return end.told(_run(study, show))
        except (KeyboardInterrupt, SystemExit):  # Ray exits on SIGTERM while it starts
            if not (study.folder / PLAN).exists():
                tell("Stopped before the study began; nothing was recorded.")
                raise KeyboardInterrupt from None
            return end.told(f"{STOPPED} The ledger is intact. {how_to_continue(study.plan)}")


def conduct(experiment: str, question: Question, design: Design, options: RunOptions) -> None:
    """Run a design and print its verdicts; exit with code 3 if runs are missing.

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
    study = prepared(experiment, question, design, options)
    if options.dry_run:
        _dry_run(study)
        return
    if unfinished := run_study(study, _show):
        tell(unfinished)
        raise typer.Exit(UNFINISHED)


def _dry_run(study: PreparedStudy) -> None:
    """Check the cluster, compare the arms, and estimate the time, without training."""
    options, plan = study.options, study.resumed
    if options.resources.address is not None:
        check_on_cluster(plan, options.source, options.resources, study.folder)
    with progress("comparing the arms"):
        compared = guard(bases(plan, options.sweep), options.source.inputs)
    for comparison in compared:
        tell(f"  {comparison.words()}")
    with progress("timing a few steps"):
        seconds = announce.time_of(study.price, plan, options, study.folder)
    tell(f"time      {seconds}")


def _run(study: PreparedStudy, show: Show) -> str:
    """Run the study and write its report; return what is not done, or "" if all is done."""
    options, folder = study.options, study.folder
    with LivePage(folder):
        plan = launch(
            study.plan,
            options.source,
            options.resources,
            folder,
            options.sweep,
            add_seeds=options.add_seeds,
            accept_code_change=options.accept_code_change,
            study_file=options.study_file,
        )
    with phase("writing the report"):
        report = publish(folder, explainer(options.source.opened, trust=True))
    show(plan, report)
    return left_over(plan, Ledger(folder), stopped=STOP.requested)


def _show(plan: Plan, report: Path) -> None:
    """Print the verdicts, the winners of searches, and where the report is."""
    with phase("reading the verdicts"):
        table = last_screen(report.parent)
    Console().print(table)
    winners = winner_files(plan, report.parent)
    for file in list(winners.values())[:MOST_LINES]:
        print(f"winner: {file}")
    if len(winners) > MOST_LINES:
        print(f"winners: {len(winners)} files winner-*.toml in {report.parent}")
    if not (plan.contrasts or plan.search):
        for model in (models := models_of_study(report.parent))[:MOST_LINES]:
            print(f"model: {model}")
        for model in models[:1]:
            trust = " --trust" if (model / "parts").is_dir() else ""
            print(f"to predict: rpbind predict {model} WINDOWS --out scores.csv{trust}")
    print(f"{REPORT_PREFIX}{report}")
