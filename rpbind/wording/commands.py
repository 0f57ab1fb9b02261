"""The command of a study, changed: again, with more seeds, without --smoke, on another split."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

FLAGS = ("--smoke", "--quiet", "-q")
"""Options without a value."""


def again(command: str) -> str:
    """Return the command that continues a study, which shows what it does.

    An extension is left out, since it would come twice.

    Parameters
    ----------
    command
        The command that made the study; "" if it was made from Python.

    Returns
    -------
    str
        The command; "" if it was made from Python.
    """
    return changed(command, {"--add-seeds": None, "--quiet": None, "-q": None})


def changed(command: str, options: Mapping[str, str | None]) -> str:
    """Return a command with options of other values.

    Parameters
    ----------
    command
        The command; "" stays as it is.
    options
        {option: its value, "" for a flag, None to leave it out}.

    Returns
    -------
    str
        The command, quoted for a shell.
    """
    if not command:
        return ""
    kept: list[str] = []
    words = iter(shlex.split(command))
    for word in words:
        name, equals, _ = word.partition("=")
        if name not in options:
            kept.append(word)
        elif name not in FLAGS and not equals:
            next(words, None)  # its value
    for name, value in options.items():
        if value is not None:
            kept += [name, value] if value else [name]
    return shlex.join(kept)


def value_of(command: str, option: str) -> str | None:
    """Return the value of an option in a command; None if it is not there."""
    words = shlex.split(command)
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option:
            return value if equals else "".join(words[place + 1 : place + 2])
    return None


def is_from_file(command: str) -> bool:
    """Whether a command reads its study from a file."""
    words = shlex.split(command)
    return words[:2] == ["rpbind", "run"] or "--study" in words
