"""Commands about studies in one file: run it, begin one, print its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import rpbind as rb
from rpbind import findings_api
from rpbind.api.choices import StudyFile, read_study, write_template


@rb.as_command()
def run(
    study: Annotated[Path, typer.Argument(help="Study file (TOML); rpbind init writes one.")],
) -> StudyFile:
    """Run the study of a TOML file, and write reports/STUDY/index.html.

    An option may fill in what the file leaves out; one that the file sets differently is refused.
    With --smoke, the seeds and epochs of the file do not count.
    """
    return read_study(study)


def init(
    study: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")] = Path(
        "study.toml"
    ),
) -> None:
    """Write a study file to begin with, which runs as it is."""
    write_template(study)
    print(f"study file: {study}. Next: rpbind run {study} --smoke")


def schema(
    what: Annotated[
        str, typer.Argument(help="study (study.toml), findings (findings.json) or claim.")
    ] = "study",
) -> None:
    """Print the JSON schema of study files, from which editors complete and check them.

    Or that of findings.json, or of a claim card.
    """
    print(findings_api.schema_text(what))
