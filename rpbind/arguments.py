"""What is wrong with a command line whatever its command: empty, repeated or no number."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from rpbind.errors import UserError


def check_arguments(app: typer.Typer, words: Sequence[str]) -> None:
    """Raise `UserError` on an argument that is empty, and on an option that would be ignored."""
    _no_empty_argument(words)
    command: Any = typer.main.get_command(app)
    left = list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    given = left[: left.index("--")] if "--" in left else left
    _no_repeated_option(command, [word.partition("=")[0] for word in given])


def choices(words: Mapping[str, str]) -> str:
    """Return the help of an option with a registry of values: "tpe (what it is), random (...)"."""
    return ", ".join(f"{name} ({what})" for name, what in words.items()) + "."


def check_once(option: str, values: Sequence[str]) -> None:
    """Raise `UserError` where an option that may be repeated has one value twice."""
    for value in values:
        if values.count(value) > 1:
            raise UserError(f"{option} {value} is given twice: name each once.")


def check_finite(option: str, value: float) -> None:
    """Raise `UserError` on infinity and on what is no number: every comparison with it is false."""
    if not math.isfinite(value):
        raise UserError(f"{option} is a finite number; got {value:g}.")


def _no_empty_argument(words: Sequence[str]) -> None:
    """Raise `UserError` on an empty argument: a shell's variable that is not set, most often.

    It would be taken for an option that was left out, or, as a path, for the current folder.
    """
    for before, word in zip(["", *words], words, strict=False):
        if word == "" or re.fullmatch(r"--[\w-]+=", word):
            where = word.removesuffix("=") or before
            raise UserError(
                f"An argument is empty{f', after {where}' if where else ''}. Give it a value, or "
                "leave the option out; a variable of the shell may not be set."
            )


def _no_repeated_option(command: Any, words: list[str]) -> None:
    """Raise `UserError` on an option with one value that is given several: the last would win."""
    for option in command.params:
        times = sum(words.count(name) for name in option.opts if name.startswith("-"))
        if times > 1 and not (option.multiple or option.is_flag):
            raise UserError(
                f"{option.opts[0]} is given {times} times and takes one value: only the last would "
                "count. Give it once."
            )
