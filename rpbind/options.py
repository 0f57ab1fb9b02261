"""The options of every experiment, declared once; this module imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from rpbind.arguments import choices
from rpbind.defaults import Defaults as Defaults
from rpbind.design.source import open_source
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.run.logger_registry import TRACKERS, check_loggers
from rpbind.run.notify import check_notify
from rpbind.run.resources import Resources
from rpbind.settings import Address, CpusPerWorker, GpusPerRun, Reports, ShareGpus, Workers
from rpbind.study.options import RunOptions, check_destination

REPORTS = Path("reports")
SMOKE_SEEDS, SMOKE_EPOCHS = 2, 1
MANY = 100_000
"""More seeds, epochs, trials or searches than this are refused as a typing error."""

Data = Annotated[Path | None, typer.Option(help="Dataset folder (default: a simulated world).")]
Name = Annotated[
    str | None,
    typer.Option(
        help="Folder of the study below --reports (default: made from experiment, data and a hash)."
    ),
]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that a user gives to an experiment. Every field except `defaults` is an option.

    Parameters
    ----------
    defaults
        The experiment's values for options that are not given.
    data, proteins, split
        The windows, the protein vectors, and how the windows are divided.
    seeds, add_seeds, epochs, narrower, smoke
        The size of the study and of its models.
    workers, cpus_per_worker, gpus_per_run, share_gpus, executor, address, log
        What each run gets, where it runs, and where it is logged besides the ledger.
    reports, name, notify
        The folder of the study, and what is told when it ends.
    dry_run, yes, accept_code_change
        Whether to run it at all, and what the user allows.
    """

    defaults: Defaults
    data: Data = None
    proteins: Annotated[
        str | None,
        typer.Option(help="Protein encoder whose vectors every arm reads (see rpbind embed)."),
    ] = None
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MANY,
            help="Paired seeds per arm; with --split folds:K, repeats of all K folds.",
        ),
    ] = None
    add_seeds: Annotated[
        int,
        typer.Option(min=0, max=MANY, help="Extend a finished study by this many seeds."),
    ] = 0
    accept_code_change: Annotated[
        bool,
        typer.Option(
            "--accept-code-change",
            help="Continue a study whose rows were made by other code; the report says which rows.",
        ),
    ] = False
    epochs: Annotated[int | None, typer.Option(min=1, max=MANY, help="Epochs per run.")] = None
    narrower: Annotated[
        int | None,
        typer.Option(min=1, help="Divide the widths of models and search spaces by this factor."),
    ] = None
    split: Annotated[
        str,
        typer.Option(
            help="Split: cold-rna, cold-protein, cold-both, cold-chromosome, or random (leaks), "
            "perhaps with percentages (cold-rna:80:10:10); the name of a saved split; or folds:K, "
            "each run trained once per fold (folds:NAME for saved folds)."
        ),
    ] = "cold-rna"
    workers: Workers = 1
    cpus_per_worker: CpusPerWorker = 1
    gpus_per_run: GpusPerRun = 0.0
    share_gpus: ShareGpus = False
    executor: Annotated[
        str,
        typer.Option(
            help="trial (in the Tune trial's process), train (Ray Train workers), or auto: train "
            "with a GPU or several workers, else trial."
        ),
    ] = "auto"
    address: Address = None
    log: Annotated[
        list[str] | None,
        typer.Option(
            envvar="RPBIND_LOG",
            help=f"Loggers that see each epoch; repeatable: {choices(TRACKERS)}",
        ),
    ] = None
    reports: Reports = REPORTS
    name: Name = None
    notify: Annotated[
        str | None,
        typer.Option(
            help="Command to run, or URL to post to, when the study has ended, stopped or failed."
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and show what would run, without running it.")
    ] = False
    yes: Annotated[bool, typer.Option("--yes", help="Allow more than 10,000 runs.")] = False
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke",
            help="Quick run of everything: two seeds, one epoch, narrow models, unless given.",
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.smoke and None not in (self.seeds, self.epochs, self.narrower):
            raise UserError(
                "--smoke sets --seeds, --epochs and --narrower, but all three are given, so it has "
                "no effect. Remove --smoke."
            )

    def width(self, *, as_it_is: bool = False) -> int:
        """Return the factor that divides the widths of models and search spaces.

        Parameters
        ----------
        as_it_is
            Whether widths that the user does not set stay as they are.

        Returns
        -------
        int
            The factor; 1 for no change.
        """
        small = (self.data is None or self.smoke) and not as_it_is
        return self.narrower or (self.defaults.narrower if small else 1)

    def sized(self, recipe: Recipe, *, as_it_is: bool = False) -> Recipe:
        """Return a recipe with the widths, epochs and protein encoder of the options.

        Parameters
        ----------
        recipe
            The recipe.
        as_it_is
            Whether options that are not given keep the recipe's values, not take the defaults.

        Returns
        -------
        Recipe
            The changed recipe.
        """
        whole = self.at_full_width(recipe, as_it_is=as_it_is)
        return narrowed(whole, self.width(as_it_is=as_it_is))

    def at_full_width(self, recipe: Recipe, *, as_it_is: bool = False) -> Recipe:
        """Return a recipe with the epochs and the protein encoder of the options, as `sized`."""
        proteins = recipe.proteins if as_it_is else self.defaults.proteins
        epochs = self.given_epochs(as_it_is=as_it_is) or recipe.train.epochs
        return recipe.with_({"train.epochs": epochs, "proteins": self.proteins or proteins})

    def given_epochs(self, *, as_it_is: bool = False) -> int | None:
        """Return the epochs of every run; None for those of its recipe."""
        defaults = self.defaults
        usual = defaults.simulated_epochs if self.data is None else defaults.epochs
        return self.epochs or (SMOKE_EPOCHS if self.smoke else None if as_it_is else usual)

    @property
    def seeds_of_an_arm(self) -> int:
        """The number of seeds with which every arm is trained; with folds, that of repeats."""
        usual = 1 if self.split.startswith("folds:") else self.defaults.seeds
        return self.seeds or (min(SMOKE_SEEDS, usual) if self.smoke else usual)

    def resources(self) -> Resources:
        """Return what each run gets, and on which Ray; workers share the GPUs of their run.

        Returns
        -------
        Resources
            The checked resources; a bad executor or logger is a `UserError`.
        """
        check_loggers(self.log or ())
        if self.share_gpus and (self.gpus_per_run or self.workers > 1):
            raise UserError(
                "--share-gpus measures how many runs of one process share a GPU, which "
                "--gpus-per-run and --workers contradict. Leave these out, or --share-gpus."
            )
        found = Resources(
            self.workers,
            self.cpus_per_worker,
            1.0 if self.share_gpus else self.gpus_per_run / self.workers,
            self.executor,
            self.address,
            tuple(self.log or ()),
            self.share_gpus,
        )
        found.executor  # noqa: B018 - raises `UserError` on an unknown executor
        return found

    def run_options(self, **study: Any) -> RunOptions:
        """Open the data, and return how a study is run.

        Parameters
        ----------
        study
            The fields of `RunOptions` that are no options.

        Returns
        -------
        RunOptions
            The checked options.
        """
        resources = self.resources()
        check_destination(self.reports, self.name)
        check_notify(self.notify)
        return RunOptions(
            source=open_source(self.data, self.split),
            seeds=self.seeds_of_an_arm,
            add_seeds=self.add_seeds,
            accept_code_change=self.accept_code_change,
            resources=resources,
            reports=self.reports,
            name=self.name,
            dry_run=self.dry_run,
            yes=self.yes,
            smoke=self.smoke,
            notify=self.notify,
            **study,
        )
