"""What every experiment page shares: its options, and the way from its design to its report."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console

from rpbind.analysis.tuned import refused
from rpbind.baselines.run import BASELINES
from rpbind.data.dataset import Dataset
from rpbind.data.draft import check_place
from rpbind.data.splits import Rule, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError, no_url
from rpbind.ledger import Ledger, Plan
from rpbind.proteins.bank import build_bank
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import Recipe, canonical
from rpbind.report.build import build_report
from rpbind.report.terminal import verdict_table
from rpbind.study.changes import changes
from rpbind.study.checkup import opener
from rpbind.study.controls import as_arms
from rpbind.study.design import Design
from rpbind.study.guard import guard
from rpbind.study.launch import launch, not_done
from rpbind.study.plan import Question, Source, make_plan
from rpbind.study.price import Price, check_size
from rpbind.study.search import Sweep
from rpbind.study.stop import STOP
from rpbind.study.timing import timed_here, timed_rows
from rpbind.study.where import Where, check_loggers
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
    int | None, typer.Option(min=1, help="Divide the models' widths by this; the page's without.")
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


@dataclass(frozen=True)
class Conditions:
    """How a page is run: on which source, with how many seeds, where, and under which name."""

    source: Source
    seeds: int
    where: Where
    reports: Path
    name: str | None = None
    dry_run: bool = False
    yes: bool = False
    sweep: Sweep | None = None
    control: str | None = None
    """The arm that is trained once more with a random vector per protein."""
    add_seeds: int = 0


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


def conduct(experiment: str, asked: Question, design: Design, conditions: Conditions) -> None:
    """Run a page's design and leave its report; exits with 3 where runs are missing."""
    console = Console(stderr=True)
    no_url("--reports", conditions.reports)
    check_place(f"--reports {conditions.reports}", conditions.reports)
    if conditions.sweep is not None and conditions.sweep.how.storage is not None:
        from rpbind.study.database import open_database  # Optuna takes a second to import

        open_database(conditions.sweep.how.storage)
    seeds = tuple(range(conditions.seeds))
    price = _price(design, conditions)
    check_size(price, conditions.yes)
    plan = make_plan(
        experiment,
        asked,
        design,
        seeds,
        conditions.source,
        sweep=conditions.sweep,
        control=conditions.control,
    )
    if conditions.name is not None and not re.fullmatch(r"[A-Za-z0-9][\w.+=-]*", conditions.name):
        raise UserError(
            f"--name is a folder's name below reports/: letters, digits and _ . + = -, beginning "
            f"with a letter or digit; got '{conditions.name}'."
        )
    folder = (conditions.reports / (conditions.name or plan.study)).resolve()
    console.print(_summary(plan, conditions, folder), **PLAIN)
    console.print(f"verdicts  {_reach(price, conditions, plan.delta)}", **PLAIN)
    if not folder.exists() and (earlier := latest_but(plan, folder)):
        told = "; ".join(changes(earlier, plan))
        console.print(f"A new study: it differs from {earlier.study} in {told}.", **PLAIN)
    if conditions.dry_run:
        with progress("comparing the arms"):
            compared = guard(plan, opener(conditions.source))
        for comparison in compared:
            console.print(f"  {comparison.words()}", **PLAIN)
        with progress("timing a few batches"):
            seconds = _time(price, plan, conditions, folder)
        console.print(f"time      {seconds}", **PLAIN)
        return
    with STOP.heeded():
        try:
            unfinished = _made(plan, conditions, folder)
        except (KeyboardInterrupt, SystemExit):  # Ray, while it starts, answers SIGTERM by exiting
            unfinished = "Stopped. What is recorded is whole."
    if unfinished:
        console.print(
            f"{unfinished} The same command goes on with what is missing: {plan.command}", **PLAIN
        )
        raise typer.Exit(UNFINISHED)


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
    print(f"{REPORT}{page}")
    left = not_done(plan, Ledger(folder))
    if not left:
        return ""
    planned = len(plan.planned) + len(as_arms(plan).planned)
    return (
        f"{'Stopped. ' if STOP.asked else ''}Not everything that was planned ({planned} runs) is "
        f"done: {'; '.join(left)}. A diverged run is not made again."
    )


def _price(design: Design, conditions: Conditions) -> Price:
    """Count what a page runs: winners of searches are arms too, seeds of trials runs."""
    sweep = conditions.sweep
    trained = len(design.arms) + (conditions.control is not None)
    if sweep is None:
        return Price(trained, conditions.seeds, len(design.contrasts))
    winners = len(sweep.lanes)
    trials = winners * sweep.total * sweep.how.seeds_per_trial
    return Price(trained + winners, conditions.seeds, len(design.contrasts), trials)


def _reach(price: Price, conditions: Conditions, delta: float) -> str:
    """Say which verdicts can be reached; of tuned arms, by what pairs them."""
    sweep = conditions.sweep
    if sweep is None or not sweep.tunes_arms:
        return price.reach(delta)
    if refusal := refused(sweep.searches, shared=sweep.shared):
        return refusal
    units = sweep.total if sweep.shared else sweep.searches
    paired = "configurations" if sweep.shared else "searches"
    reached = Price(price.arms, units, len(sweep.contrasts)).reach(delta)
    return f"paired by {paired}, {units} of them in place of seeds: {reached}"


def _time(price: Price, plan: Plan, conditions: Conditions, folder: Path) -> str:
    where = conditions.where
    known = timed_rows(folder)
    if known is None and (where.address or where.gpus):
        return "not known before the first run: only this machine's CPU can be timed beforehand"
    arms = [Recipe.model_validate(arm.recipe) for arm in plan.arms]
    searched = list(conditions.sweep.arms.values()) if conditions.sweep else []
    one = known or timed_here(arms or searched, conditions.source, where.cpus)
    side_by_side = 1 if where.address else (os.cpu_count() or 1) // (where.workers * where.cpus)
    return price.time(one, max(side_by_side, 1))


def latest_but(plan: Plan, folder: Path) -> Plan | None:
    """Return the newest other plan of this page beside a folder; unreadable ones do not count."""
    page = plan.study.removesuffix(plan.fingerprint)
    plans = []
    for file in folder.parent.glob("*/plan.json"):
        with contextlib.suppress(UserError):
            plans.append(Ledger(file.parent).plan)
    alike = [p for p in plans if p.study.removesuffix(p.fingerprint) == page]
    return max(alike, key=lambda p: p.created, default=None)


def _summary(plan: Plan, conditions: Conditions, folder: Path) -> str:
    lines = [
        f"question  {plan.question}",
        f"data      {plan.dataset}; split {plan.split}; proteins {plan.proteins_note}",
        f"design    {plan.design}: {len(plan.arms)} arms x {len(plan.seeds)} seeds = "
        f"{len(plan.planned)} runs, {len(plan.contrasts)} contrasts",
        *(f"  {arm.name}: {arm.change}" for arm in plan.arms),
        f"controls  {len(BASELINES)} baselines without a network, probes of every run",
        *(f"  {arm.name}: {arm.change}, x {len(plan.seeds)} seeds" for arm in plan.controls),
    ]
    if plan.search is not None:
        lines += _searched(plan.search, len(plan.seeds))
    lines += [
        f"runs      {conditions.where.words()}",
        f"study     {folder}",
    ]
    return "\n".join(lines)


def _searched(search: dict[str, Any], seeds: int) -> list[str]:
    """Say what is searched first, and what confirms its winners."""
    arms, times = search["arms"], search.get("searches", 1)
    lanes = len(arms) * times
    told = f"{search['trials']} trials" + (f" in each of {lanes} searches" if lanes > 1 else "")
    lines = [f"search    {told} first: {search['about']}"]
    if "contrasts" in search:
        lines.append(
            f"          arms {', '.join(arms)}; then each winner on {seeds} fresh seeds = "
            f"{lanes * seeds} runs, {len(search['contrasts'])} contrasts"
        )
    return lines
