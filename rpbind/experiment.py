"""What every experiment page shares: its options, and the way from its design to its report."""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from rpbind.data.dataset import Dataset
from rpbind.data.splits import Rule, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.proteins.bank import build_bank
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import canonical
from rpbind.report.build import build_report
from rpbind.report.terminal import verdict_table
from rpbind.study.changes import changes
from rpbind.study.design import Design
from rpbind.study.launch import launch, not_done
from rpbind.study.plan import Question, Source, Sweep, make_plan
from rpbind.study.where import Where
from rpbind.terminal import PLAIN

UNFINISHED = 3
"""Exit code of a study of which fewer runs are done than were planned."""

Data = Annotated[Path | None, typer.Option(help="Dataset folder; without it, the simulated world.")]
Vectors = Annotated[str, typer.Option(help="Protein bank that every arm reads; rpbind embed.")]
Seeds = Annotated[int, typer.Option(min=1, help="Paired seeds per arm.")]
AddSeeds = Annotated[
    int, typer.Option(min=0, help="Extend the study that --seeds began by so many seeds.")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs per run; the recipe's without it.")]
SplitRule = Annotated[
    str, typer.Option(help="random, cold-rna, cold-protein or cold-both; random leaks.")
]
Workers = Annotated[int, typer.Option(min=1, help="Worker processes per run (Ray Train).")]
Cpus = Annotated[int, typer.Option(min=1, help="CPUs, and torch threads, per worker.")]
Gpus = Annotated[float, typer.Option(min=0.0, help="GPUs of a run, shared among its workers.")]
ExecutorName = Annotated[
    str, typer.Option(help="auto, trial (in the Tune trial) or train (Ray Train worker group).")
]
Address = Annotated[str | None, typer.Option(help="Ray cluster to run on; this machine without.")]
Name = Annotated[str | None, typer.Option(help="Study folder below reports/.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would run, and run nothing.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Two seeds, one epoch, narrow models: does it all run?")
]


@dataclass(frozen=True)
class Conditions:
    """How a page is run: on which source, with how many seeds, where, and under which name."""

    source: Source
    seeds: int
    where: Where
    name: str | None = None
    dry_run: bool = False
    sweep: Sweep | None = None
    add_seeds: int = 0


def simulated(root: Path = Path("data")) -> Path:
    """Return the folder of the simulated world, made with its protein bank if it is not there."""
    world = World()
    mark = hashlib.sha256(canonical(asdict(world)).encode()).hexdigest()[:8]
    folder = root / f"simulated-{mark}"
    dataset = Dataset.open(folder) if folder.exists() else simulate(folder, world)
    sequences = [protein.sequence for protein in dataset.proteins]
    build_bank(folder / "bank", make_encoder("physchem"), sequences)
    return folder


def source(data: Path | None, rule: str) -> Source:
    """Return a dataset folder, or the simulated world, split by a rule (70:15:15, seed 0)."""
    return Source((data or simulated()).resolve(), SplitSpec(rule=cast(Rule, rule)))


def conduct(experiment: str, asked: Question, design: Design, conditions: Conditions) -> None:
    """Run a page's design and leave its report; exits with 3 where runs are missing."""
    console = Console(stderr=True)
    seeds = tuple(range(conditions.seeds))
    plan = make_plan(experiment, asked, design, seeds, conditions.source, sweep=conditions.sweep)
    if conditions.name is not None and not re.fullmatch(r"[A-Za-z0-9][\w.+=-]*", conditions.name):
        raise UserError(
            f"--name is a folder's name below reports/: letters, digits and _ . + = -, beginning "
            f"with a letter or digit; got '{conditions.name}'."
        )
    folder = (Path("reports") / (conditions.name or plan.study)).resolve()
    console.print(_summary(plan, conditions, folder), **PLAIN)
    if not folder.exists() and (earlier := latest_but(plan, folder)):
        told = "; ".join(changes(earlier, plan))
        console.print(f"A new study: it differs from {earlier.study} in {told}.", **PLAIN)
    if conditions.dry_run:
        return
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
    print(f"report: {page}")
    if left := not_done(plan, Ledger(folder)):
        console.print(
            f"{len(left)} of {len(plan.planned)} planned runs are not done: {'; '.join(left)}. "
            "The same command goes on with what is missing; a diverged run is not made again.",
            **PLAIN,
        )
        raise typer.Exit(UNFINISHED)


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
    ]
    if plan.search is not None:
        lines.append(f"search    {plan.search['trials']} trials first: {plan.search['about']}")
    lines += [
        f"runs      {conditions.where.words()}",
        f"study     {folder}",
    ]
    return "\n".join(lines)
