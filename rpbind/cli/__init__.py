"""The command line: `rpbind COMMAND`, one function per command, one module per subject.

Slow imports (torch, Ray, SciPy, Plotly) stand inside the functions that need them, so that
`--help`, shell completion and a refused option answer at once.
"""

from typing import Annotated

import typer

import rpbind
from rpbind.cli import (
    ablate,
    audit,
    baselines,
    claims,
    cluster,
    config,
    data,
    doctor,
    export,
    genome,
    hyperparameters,
    importing,
    notes,
    price,
    study,
    studyfile,
    train,
    tune,
    use,
)
from rpbind.completion import completion_of
from rpbind.conventions import follow_conventions
from rpbind.settings import command_of
from rpbind.terminal import run_app

WHAT, *_ = (rpbind.__doc__ or "").split("\n\n")
app = typer.Typer(no_args_is_help=True, help=WHAT)
app.add_typer(importing.app, name="import")
app.add_typer(cluster.job, name="job")
for command in (
    ablate.ablate,
    tune.tune,
    train.train,
    studyfile.run,
    studyfile.init,
    studyfile.schema,
    data.embed,
    data.split,
    data.subset,
    data.data,
    audit.audit,
    price.price,
    genome.negatives,
    baselines.baselines,
    hyperparameters.hyperparameters,
    study.report,
    doctor.doctor,
    study.status,
    study.compare,
    claims.verify,
    notes.note,
    use.predict,
    use.evaluate,
    use.explain,
    export.export,
    cluster.submit,
    config.config,
):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"rpbind {rpbind.__version__}")
        raise typer.Exit


@app.callback()
def rpbind_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Handle the options that come before a command."""


def _command_names(incomplete: str) -> list[str]:
    """Return the names of commands and groups, for shell completion."""
    groups = [app, *(each.typer_instance for each in app.registered_groups if each.typer_instance)]
    names = [str(each.name) for each in app.registered_groups]
    for group in groups:
        names += [each.name or each.callback.__name__ for each in group.registered_commands
                  if each.callback]  # fmt: skip
    return [name for name in names if name.startswith(incomplete)]


@app.command("help")
def show_help(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            help="A command, or a group and its command (default: rpbind itself).",
            autocompletion=_command_names,
        ),
    ] = None,
) -> None:
    """Show the help of a command, such as `rpbind help import table`."""
    command_of(app)([*(command or ()), "--help"], prog_name="rpbind")


follow_conventions(app, completion_of)


def main() -> None:
    """Run the command line."""
    run_app(app)
