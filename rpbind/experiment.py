"""What every experiment page shares: its options, and the way from its design to its report."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from rpbind.analysis.winners import wanted
from rpbind.data.dataset import Dataset
from rpbind.data.draft import check_place
from rpbind.data.splits import Rule, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError, no_url
from rpbind.ledger import Ledger, Plan
from rpbind.proteins.bank import build_bank
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import canonical
from rpbind.report.build import build_report
from rpbind.report.terminal import verdict_table
from rpbind.study import announce
from rpbind.study.announce import Conditions as Conditions
from rpbind.study.checkup import opener
from rpbind.study.controls import as_arms
from rpbind.study.design import Design
from rpbind.study.guard import guard
from rpbind.study.launch import goes_on, joined, launch, not_done
from rpbind.study.plan import Question, Source, make_plan
from rpbind.study.price import check_size
from rpbind.study.stop import STOP
from rpbind.study.tuning import bases
from rpbind.study.where import Where, check_loggers
from rpbind.study.winners import winner_files
from rpbind.terminal import PLAIN, REPORT, progress

MAIN = World()
"""The simulated world of a study without --data."""

UNFINISHED = 3
"""Exit code of a study of which fewer runs are done than were planned."""

REPORTS = Path("reports")

Data = Annotated[Path | None, typer.Option(help="Dataset folder; without it, the simulated world.")]
Vectors = Annotated[str, typer.Option(help="Protein bank that every arm reads; rpbind embed.")]
Seeds = Annotated[int, typer.Option(min=1, help="Paired seeds per arm.")]
AddSeeds = Annotated[
    int, typer.Option(min=0, help="Extend the study that --seeds began by so many seeds.")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs per run; the recipe's without it.")]
Narrower = Annotated[
    int | None,
    typer.Option(min=1, help="Divide the widths of models and spaces; by the page's without it."),
]
SplitRule = Annotated[
    str, typer.Option(help="random, cold-rna, cold-protein or cold-both; random leaks.")
]
Workers = Annotated[int, typer.Option(min=1, help="Worker processes per run (Ray Train).")]
Cpus = Annotated[int, typer.Option(min=1, help="CPUs, and torch threads, per worker.")]
Gpus = Annotated[float, typer.Option(min=0.0, help="GPUs of a run, shared among its workers.")]
ExecutorName = Annotated[
    str, typer.Option(help="auto, trial (in the Tune trial) or train (Ray Train worker group).")
]
Address = Annotated[
    str | None,
    typer.Option(envvar="RPBIND_ADDRESS", help="Ray cluster to run on; this machine without."),
]
Logs = Annotated[
    list[str] | None,
    typer.Option("--log", help="Also log to tensorboard, mlflow or wandb; several: repeat it."),
]
Reports = Annotated[
    Path,
    typer.Option(
        envvar="RPBIND_REPORTS", help="Folder that studies land in; on a cluster, a shared one."
    ),
]
Name = Annotated[str | None, typer.Option(help="Study folder below reports/.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would run, and run nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Mean it, where it takes more than 10,000 runs.")]
Space = Annotated[Path, typer.Option(help="What is searched: a TOML file.")]
Sampler = Annotated[str, typer.Option(help="tpe, random, cmaes, nsga2, qmc or grid.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Two seeds, one epoch, narrow models: does it all run?")
]


def simulated(root: Path = Path("data"), world: World = MAIN) -> Path:
    """Return the folder of a simulated world, made with its protein banks if it is not there."""
    mark = hashlib.sha256(canonical(asdict(world)).encode()).hexdigest()[:8]
    folder = root / f"simulated-{mark}"
    dataset = Dataset.open(folder) if folder.exists() else simulate(folder, world)
    sequences = [protein.sequence for protein in dataset.proteins]
    for encoder in ("physchem", "triad"):
        build_bank(folder / "bank", make_encoder(encoder), sequences)
    return folder


def source(data: Path | None, rule: str) -> Source:
    """Return a dataset folder, or the simulated world, split by a rule (70:15:15, seed 0)."""
    if data is not None:
        no_url("--data", data)
    return Source((data or simulated()).resolve(), SplitSpec(rule=cast(Rule, rule)))


def where(
    workers: int,
    cpus: int,
    gpus_per_run: float,
    executor: str,
    address: str | None,
    *,
    log: Sequence[str] | None,
) -> Where:
    """Return what a page's options say of where its runs are made; a run's GPUs are shared."""
    check_loggers(log or ())
    return Where(workers, cpus, gpus_per_run / workers, executor, address, tuple(log or ()))


def conduct(experiment: str, question: Question, design: Design, conditions: Conditions) -> None:
    """Run a page's design and leave its report; exits with 3 where runs are missing."""
    console = Console(stderr=True)
    _check(conditions)
    plan = make_plan(
        experiment,
        question,
        design,
        tuple(range(conditions.seeds)),
        conditions.source,
        sweep=conditions.sweep,
        control=conditions.control,
    )
    folder = (conditions.reports / (conditions.name or plan.study)).resolve()
    asked = joined(plan, Ledger(folder), conditions.add_seeds)
    price = announce.price_of(asked, conditions.sweep)
    check_size(price, conditions.yes)
    console.print(announce.summary(asked, price, conditions, folder), **PLAIN)
    if conditions.dry_run:
        with progress("comparing the arms"):
            compared = guard(bases(asked, conditions.sweep), opener(conditions.source))
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


def _check(conditions: Conditions) -> None:
    """Raise `UserError` where a study could not land or keep its trials, before it is planned."""
    no_url("--reports", conditions.reports)
    check_place(f"--reports {conditions.reports}", conditions.reports)
    if conditions.name is not None and not re.fullmatch(r"[A-Za-z0-9][\w.+=-]*", conditions.name):
        raise UserError(
            f"--name is a folder's name below reports/: letters, digits and _ . + = -, beginning "
            f"with a letter or digit; got '{conditions.name}'."
        )
    if conditions.sweep is not None and conditions.sweep.how.storage is not None:
        from rpbind.study.database import open_database  # Optuna takes a second to import

        open_database(conditions.sweep.how.storage)


def _made(plan: Plan, conditions: Conditions, folder: Path) -> str:
    """Make the study and its report; say what is not done of it, "" where everything is."""
    plan = launch(
        plan,
        conditions.source,
        conditions.where,
        folder,
        conditions.sweep,
        add_seeds=conditions.add_seeds,
    )
    page = build_report(folder)
    Console().print(verdict_table(folder))
    for file in winner_files(plan, folder).values():
        print(f"winner: {file}")
    print(f"{REPORT}{page}")
    ledger = Ledger(folder)
    left = not_done(plan, ledger)
    if not left:
        return ""
    planned = len(wanted(plan)) + len(as_arms(plan).planned)
    advice = "A diverged run is not made again."
    if any("never made" in one for one in left):
        advice = "More trials, or another space, may find a configuration that trains."
    return (
        f"{'Stopped. ' if STOP.asked else ''}Not everything that was planned ({planned} runs) is "
        f"done: {'; '.join(left)}. {advice} {_again(plan) if goes_on(plan, ledger) else ''}"
    ).rstrip()


def _again(plan: Plan) -> str:
    return f"The same command goes on with what is missing: {plan.command}"
