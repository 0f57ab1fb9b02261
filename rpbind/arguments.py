"""Checks of a command line that hold for every command: empty or repeated arguments, numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rpbind.errors import UserError


def check_arguments(command: Any, words: Sequence[str]) -> None:
    """Check the arguments of a command line before typer reads them.

    Parameters
    ----------
    command
        The command, with its subcommands.
    words
        The arguments, without the program's name.

    Raises
    ------
    UserError
        Where an argument is empty, or an option that takes one value is given twice.
    """
    _check_no_empty_argument(words)
    left = list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    given = left[: left.index("--")] if "--" in left else left
    _check_no_repeated_option(command, [word.partition("=")[0] for word in given])


def choices(words: Mapping[str, str]) -> str:
    """Return the help text of an option that takes a name from a registry.

    Parameters
    ----------
    words
        {name: what it is}.

    Returns
    -------
    str
        "tpe (what it is), random (what it is)."
    """
    return ", ".join(f"{name} ({what})" for name, what in words.items()) + "."


def check_once(option: str, values: Sequence[str]) -> None:
    """Check that no value of a repeatable option is given twice.

    Parameters
    ----------
    option
        The option, for the message.
    values
        The values that the user gave.

    Raises
    ------
    UserError
        Where a value is there twice.
    """
    for value in values:
        if values.count(value) > 1:
            raise UserError(f"{option} {value} is given twice: name each once.")


def check_finite(option: str, value: float) -> None:
    """Check that an option's value is finite: limits do not stop NaN, as it compares as False.

    Parameters
    ----------
    option
        The option, for the message.
    value
        The value that the user gave.

    Raises
    ------
    UserError
        Where the value is infinity or NaN.
    """
    if not math.isfinite(value):
        raise UserError(f"{option} must be a finite number; got {value:g}.")


def _check_no_empty_argument(words: Sequence[str]) -> None:
    """Raise `UserError` on an empty argument, which mostly comes from an unset shell variable.

    It would count as an option that was left out or, as a path, as the current folder.
    """
    for before, word in zip(["", *words], words, strict=False):
        if word == "" or re.fullmatch(r"--[\w-]+=", word):
            where = word.removesuffix("=") or before
            raise UserError(
                f"An argument is empty{f', after {where}' if where else ''}. Give it a value or "
                "leave the option out. A shell variable may be unset."
            )


def _check_no_repeated_option(command: Any, words: list[str]) -> None:
    """Raise `UserError` on a repeated option that takes one value: the last one would win."""
    for option in command.params:
        times = sum(words.count(name) for name in option.opts if name.startswith("-"))
        if times > 1 and not (option.multiple or option.is_flag):
            raise UserError(
                f"{option.opts[0]} is given {times} times and takes one value: only the last would "
                "count. Give it once."
            )


def named_values(option: str, words: Sequence[str]) -> dict[str, Any]:
    """Read the values of a repeatable option of the form NAME=VALUE.

    Parameters
    ----------
    option
        The option, for the message.
    words
        What was given: "dim=64", "kind=wide", "layers=[1, 2]".

    Returns
    -------
    dict
        {name: value}; a value that is JSON is read as such, and any other is text.

    Raises
    ------
    UserError
        If a word has another form, or a name is given twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise UserError(f"{option} takes NAME=VALUE; got '{word}'. Write for example dim=64.")
        if name in found:
            raise UserError(f"{option} gives {name} twice; leave out one of them.")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
