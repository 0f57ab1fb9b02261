"""Whether a message advises only options that its command has, or names the one that has them."""

from __future__ import annotations

import re
import runpy
import shlex
from functools import cache
from pathlib import Path

import click
import typer

from rpbind import cli

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
OF_OTHERS = {"pip install": {"--editable"}}
"""What other programs than ours are said to be called with."""


@cache
def experiment(page: str) -> click.Command:
    """An experiment's command, without running it."""
    app = typer.Typer(add_completion=False)
    app.command()(runpy.run_path(str(EXPERIMENTS / page))["main"])
    return typer.main.get_command(app)


def options_of(line: str) -> set[str]:
    """Every option of the command that a line calls; of a group, those of its commands."""
    program, *words = shlex.split(line)
    found = typer.main.get_command(cli.app) if program == "rpbind" else experiment(program)
    for word in words:
        if word not in getattr(found, "commands", {}):
            break
        found = found.commands[word]  # type: ignore[attr-defined]
    each = [found, *getattr(found, "commands", {}).values()]
    return {"--help"}.union(*(option.opts for command in each for option in command.params))


def cannot_be_followed(command: str, said: str) -> set[str]:
    """The options that a message names and that nobody who reads it can use."""
    words = " ".join(re.findall(r"rpbind [a-z ]+", said))
    named = set(re.findall(r"rpbind ((?:import|job) \w+|\w+)", words))
    pages = set(re.findall(r"experiments/(\w+\.py)", said))
    known = options_of(command) | set(OPTION.findall(command))
    for other in [*(f"rpbind {name}" for name in named), *pages]:
        known |= options_of(other)
    for program, options in OF_OTHERS.items():
        known |= options if program in said else set()
    return set(OPTION.findall(said)) - known
