"""The options of every experiment, declared once; reading them imports nothing heavy."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer

from rpbind.arguments import choices
from rpbind.design.source import source
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.run.logger_registry import TRACKERS, check_loggers
from rpbind.run.resources import Resources
from rpbind.study.options import RunOptions, check_landing

if TYPE_CHECKING:
    from rpbind.design.design import Design
    from rpbind.design.question import Question
    from rpbind.search.search import Sweep

REPORTS = Path("reports")
SMOKE_SEEDS, SMOKE_EPOCHS = 2, 1
MANY = 100_000
"""More seeds, epochs, trials or searches than this are a slip of the keyboard."""

Data = Annotated[Path | None, typer.Option(help="Dataset folder; without it, the simulated world.")]
Address = Annotated[
    str | None,
    typer.Option(envvar="RPBIND_ADDRESS", help="Ray cluster to run on; this machine without."),
]
Reports = Annotated[
    Path,
    typer.Option(
        envvar="RPBIND_REPORTS", help="Folder that studies land in; on a cluster, a shared one."
    ),
]
Name = Annotated[str | None, typer.Option(help="Study folder below reports/.")]


@dataclass(frozen=True)
class Defaults:
    """What an experiment takes where an option is left out.

    Parameters
    ----------
    epochs
        Epochs per run on a dataset; the recipe's own without.
    simulated_epochs
        Epochs per run in the simulated world.
    narrower
        Divisor of the models' widths in the simulated world, and with `--smoke`.
    seeds
        Paired seeds per arm.
    proteins
        Protein encoder whose vectors every arm reads.
    """

    narrower: int
    epochs: int | None = None
    simulated_epochs: int = 7
    seeds: int = 5
    proteins: str = "physchem"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user says of an experiment: its data, its size, where it runs and where it lands.

    Every field but `usual`, what the experiment takes where nothing is said, is an option.
    """

    usual: Defaults
    data: Data = None
    proteins: Annotated[
        str | None,
        typer.Option(help="Protein encoder whose vectors every arm reads; see rpbind embed."),
    ] = None
    seeds: Annotated[int | None, typer.Option(min=1, max=MANY, help="Paired seeds per arm.")] = None
    add_seeds: Annotated[
        int,
        typer.Option(min=0, max=MANY, help="Extend the study that --seeds began by so many seeds."),
    ] = 0
    accept_code_change: Annotated[
        bool,
        typer.Option(
            "--accept-code-change",
            help="Go on with a study whose rows were made by other code; the report says which.",
        ),
    ] = False
    epochs: Annotated[int | None, typer.Option(min=1, max=MANY, help="Epochs per run.")] = None
    narrower: Annotated[
        int | None,
        typer.Option(min=1, help="Divide the widths of models and spaces by this."),
    ] = None
    split: Annotated[
        str, typer.Option(help="random, cold-rna, cold-protein or cold-both; random leaks.")
    ] = "cold-rna"
    workers: Annotated[int, typer.Option(min=1, help="Worker processes per run (Ray Train).")] = 1
    cpus_per_worker: Annotated[
        int, typer.Option(min=1, help="CPUs, and torch threads, per worker.")
    ] = 1
    gpus_per_run: Annotated[
        float, typer.Option(min=0.0, help="GPUs of a run, shared among its workers.")
    ] = 0.0
    executor: Annotated[
        str, typer.Option(help="auto, trial (in the Tune trial) or train (Ray Train worker group).")
    ] = "auto"
    address: Address = None
    log: Annotated[
        list[str] | None,
        typer.Option(help=f"Trackers that log each epoch; repeatable: {choices(TRACKERS)}"),
    ] = None
    reports: Reports = REPORTS
    name: Name = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would run, and run nothing.")
    ] = False
    yes: Annotated[bool, typer.Option("--yes", help="Allow more than 10,000 runs.")] = False
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke",
            help="Two seeds, one epoch, narrow models, unless said otherwise: does it all run?",
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.smoke and None not in (self.seeds, self.epochs, self.narrower):
            raise UserError(
                "--smoke stands for --seeds, --epochs and --narrower, and all three are given: it "
                "has no effect. Leave it out."
            )

    def width(self, *, as_it_is: bool = False) -> int:
        """Return what the widths of models and spaces are divided by."""
        small = (self.data is None or self.smoke) and not as_it_is
        return self.narrower or (self.usual.narrower if small else 1)

    def sized(self, recipe: Recipe, *, as_it_is: bool = False) -> Recipe:
        """Return a recipe with the widths, epochs and protein vectors that are asked for.

        What is not asked for is as usual in this experiment, or `as_it_is` in the recipe.
        """
        usual, epochs, proteins = self.usual, recipe.train.epochs, recipe.proteins
        if not as_it_is:
            epochs = (usual.simulated_epochs if self.data is None else usual.epochs) or epochs
            proteins = usual.proteins
        changes = {
            "train.epochs": self.epochs or (SMOKE_EPOCHS if self.smoke else epochs),
            "proteins": self.proteins or proteins,
        }
        return narrowed(recipe, self.width(as_it_is=as_it_is)).with_(changes)

    def where(self) -> Resources:
        """Return what the options say of where runs are made; a run's GPUs are shared."""
        check_loggers(self.log or ())
        found = Resources(
            self.workers,
            self.cpus_per_worker,
            self.gpus_per_run / self.workers,
            self.executor,
            self.address,
            tuple(self.log or ()),
        )
        found.executor  # noqa: B018 - says so where there is none of this name
        return found

    def conduct(
        self,
        experiment: str,
        question: Question,
        design: Design,
        *,
        control: str | None = None,
        sweep: Sweep | None = None,
    ) -> None:
        """Run a design and leave its report; exits with 3 where runs are missing."""
        where = self.where()
        check_landing(self.reports, self.name)
        conditions = RunOptions(
            source=source(self.data, self.split),
            seeds=self.seeds or (SMOKE_SEEDS if self.smoke else self.usual.seeds),
            add_seeds=self.add_seeds,
            accept_code_change=self.accept_code_change,
            where=where,
            reports=self.reports,
            name=self.name,
            dry_run=self.dry_run,
            yes=self.yes,
            control=control,
            sweep=sweep,
        )
        from rpbind.experiment import conduct  # torch takes seconds to import

        conduct(experiment, question, design, conditions)


OPTIONS = [field for field in fields(Options) if field.name != "usual"]


def experiment(usual: Defaults) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of an experiment's function of `Options`.

    Its options are those of `Options` and, where the function has more parameters, these.
    """

    def command_of(main: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(main)
        def command(**given: Any) -> None:
            said = {field.name: given.pop(field.name) for field in OPTIONS}
            main(Options(usual=usual, **said), **given)

        _, *own = inspect.signature(main, eval_str=True).parameters.values()
        signature = [one.replace(kind=one.KEYWORD_ONLY) for one in own]
        command.__signature__ = inspect.Signature(signature + _shared(usual))  # type: ignore[attr-defined]
        return command

    return command_of


def _shared(usual: Defaults) -> list[inspect.Parameter]:
    """The parameters of the options that every experiment has, with its defaults in their help."""
    epochs = usual.epochs or "the recipe's"
    shown = {
        "proteins": usual.proteins,
        "seeds": f"{usual.seeds}; {SMOKE_SEEDS} with --smoke",
        "epochs": f"{epochs}; {usual.simulated_epochs} in the simulated world, {SMOKE_EPOCHS} with "
        "--smoke",
        "narrower": f"1; {usual.narrower} in the simulated world or with --smoke",
    }
    hints, keyword = get_type_hints(Options, include_extras=True), inspect.Parameter.KEYWORD_ONLY
    found = []
    for field in OPTIONS:
        kind, option = get_args(hints[field.name])
        if field.name in shown:
            option = copy(option)
            option.show_default = shown[field.name]
        typed: Any = Annotated[kind, option]
        found.append(
            inspect.Parameter(field.name, keyword, default=field.default, annotation=typed)
        )
    return found
