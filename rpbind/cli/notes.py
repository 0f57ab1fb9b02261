"""The command that writes a note on a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind import reports_api
from rpbind.errors import UserError
from rpbind.terminal import PLAIN


def note(
    study: Annotated[Path, typer.Argument(help="Study folder, reports/STUDY.")],
    text: Annotated[
        str | None, typer.Argument(help="The note, in place of an earlier one (default: it stays).")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Add a tag, one word; may be repeated.")
    ] = None,
    untag: Annotated[list[str] | None, typer.Option(help="Remove a tag; may be repeated.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove the note; tags stay.")] = False,
) -> None:
    """Write a note and tags on a study, and print them; without any, print what is there.

    The study's page and the list of studies (reports/index.html) show them. No result depends on
    them.
    """
    if clear and text is not None:
        raise UserError("--clear removes the note, and a new one is given. Leave out one of them.")
    text = "" if clear else text
    kept = reports_api.note(study, text, tag=tag or [], untag=untag or [])
    for line in kept.lines():
        Console().print(line, **PLAIN)
