"""The command that shows which defaults hold, and why."""

from __future__ import annotations

from dataclasses import fields

from rich.console import Console

from rpbind.options import Options
from rpbind.settings import (
    PROJECT_FILE,
    Settings,
    default_from_variable,
    defaults_from_files,
    user_file,
    variable,
)
from rpbind.tables import Grid


def config() -> None:
    """Show the defaults that hold, and whether a file, a variable or rpbind itself sets them.

    An option wins over its variable, that over rpbind.toml, and that over the user's file.
    """
    builtin = {field.name: field.default for field in fields(Options)}
    found = defaults_from_files()
    table = Grid("option", "default", "set by")
    for name in Settings.model_fields:
        value, source = builtin[name], "rpbind"
        if name in found:
            value, source = found[name].value, str(found[name].file)
        if given := default_from_variable(name):
            value, source = given, variable(name)
        shown = ", ".join(value) if isinstance(value, list) else value
        option = f"--{name.replace('_', '-')}"
        table.add_row(option, "" if shown is None else str(shown), source)
    Console().print(table)
    for file, whose in ((PROJECT_FILE.absolute(), "this folder"), (user_file(), "the user")):
        print(f"file of {whose}: {file}{'' if file.exists() else ' (not there)'}")
