"""Commands about studies in one file: run it, begin one, print its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rpbind.command import OPTIONS, experiment
from rpbind.errors import UserError
from rpbind.options import Options
from rpbind.studyfile.given import call_of
from rpbind.studyfile.read import read_study, with_options
from rpbind.studyfile.run import USUAL, conduct
from rpbind.studyfile.template import schema_text, write_template


@experiment(USUAL)
def run(
    options: Options,
    context: typer.Context,
    study: Annotated[Path, typer.Argument(help="Study file (TOML); rpbind init writes one.")],
) -> None:
    """Run the study of a TOML file, and write reports/STUDY/index.html.

    An option may fill in what the file leaves out; one that the file sets differently is refused.
    With --smoke, the seeds and epochs of the file do not count.
    """
    run_file(study, options, context)


def run_file(
    study: Path, options: Options, context: typer.Context, refused: tuple[str, ...] = ()
) -> None:
    """Run the study of a file, with the options of the command line.

    Parameters
    ----------
    study
        The file.
    options
        The options that every experiment has.
    context
        The command, which knows what was typed.
    refused
        Parameters of the command that say what a study compares, as the file does.

    Raises
    ------
    UserError
        If the file and the command line say different things.
    """
    typed = {
        str(one.name): one.opts[0]
        for one in context.command.params
        if getattr(context.get_parameter_source(str(one.name)), "name", "") == "COMMANDLINE"
    }
    for name, option in typed.items():
        if name in refused:
            raise UserError(
                f"--study {study} says what is compared, and so does {option}. Write it into the "
                f"file and remove {option}, or leave --study out."
            )
    file = read_study(study)
    values = {field.name: getattr(options, field.name) for field in OPTIONS}
    given = {name: value for name, value in values.items() if name in typed}
    usual = {
        field.name: values[field.name]
        for field in OPTIONS
        if field.name not in typed and values[field.name] != field.default
    }
    spec = with_options(file, given, usual)
    conduct(spec, call_of(options), place=file.source.place)


def init(
    study: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")] = Path(
        "study.toml"
    ),
) -> None:
    """Write a study file to begin with, which runs as it is."""
    write_template(study)
    print(f"study file: {study}. Next: rpbind run {study} --smoke")


def schema() -> None:
    """Print the JSON schema of study files, from which editors complete and check them."""
    print(schema_text())
