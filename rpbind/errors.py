"""Errors for users: they say what was expected, what was found, and what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from itertools import dropwhile
from pathlib import Path

from rpbind.mistakes import mistakes
from rpbind.names import closest_spelling


class UserError(Exception):
    """A mistake in what the user gave; the command line prints it without a traceback."""


class PausedError(Exception):
    """Something outside is unavailable for now; the records are intact, and the command can be run
    again."""


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAYS_FULL = re.compile(
    r"\d+ requested and \d+ written|No space left on device|[Qq]uota exceeded|disk is full|"
    r"File too large|No usable temporary directory"
)


def is_full_disk(error: BaseException) -> bool:
    """Whether a full disk has caused an error.

    NumPy, torch and others do not keep the error number, so the message counts too.

    Parameters
    ----------
    error
        Any exception; its causes are examined as well.

    Returns
    -------
    bool
        True if the disk or the quota is full.
    """
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        if getattr(cause, "errno", None) in FULL or _SAYS_FULL.search(str(cause)):
            return True
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return False


def check_one_of(what: str, word: str, known: Iterable[str]) -> None:
    """Check that a word is one of the known words.

    Parameters
    ----------
    what
        The option or field, for the message.
    word
        The word that the user gave.
    known
        The words that are allowed.

    Raises
    ------
    UserError
        Where the word is unknown; it names the nearest known word.
    """
    words = list(known)
    if word not in words:
        raise UserError(
            f"{what} is one of {', '.join(words)}; got '{word}'.{did_you_mean(word, words)}"
        )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion for a misspelt word.

    Parameters
    ----------
    word
        The word that the user gave.
    known
        The words that are allowed.

    Returns
    -------
    str
        " Did you mean 'x'?", to be appended to a message; "" if no known word is near.
    """
    near = closest(word, known)
    return f" Did you mean '{near}'?" if near else ""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that the user probably meant.

    Parameters
    ----------
    word
        The word that the user gave.
    known
        The words that are allowed.

    Returns
    -------
    str
        The word that abbreviates it or is abbreviated by it (lr, learning_rate), or else has the
        closest spelling; "" if there is none.
    """
    words = list(known)
    short = [other for other in words if other == _short(word) or _short(other) == word != ""]
    return short[0] if short else closest_spelling(word, words)


def _short(path: str) -> str:
    """Shorten the last name of a path to its initials: train.learning_rate to train.lr."""
    parents, dot, last = path.rpartition(".")
    return f"{parents}{dot}{''.join(part[:1] for part in last.split('_'))}" if "_" in last else ""


def reason(error: str | BaseException) -> str:
    """Return the one line of an error that gives the reason.

    Parameters
    ----------
    error
        An exception, or text: a traceback (Python's, or Ray's of a dead trial), or any message.

    Returns
    -------
    str
        For a traceback the line with the exception, which follows the last frame; for other text
        the first line; "" if there is none.
    """
    lines = [line.rstrip() for line in _ESCAPE.sub("", _text(error)).splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    if frames:
        after = list(dropwhile(lambda line: line[0].isspace(), lines[frames[-1] + 1 :]))
        lines = after or lines[-1:]
    else:
        lines = [line for line in lines if not _HEADING.fullmatch(line)]
    if not lines:
        return ""
    goes_on = lines[0].endswith(":") and len(lines) > 1
    return " ".join(line.strip() for line in lines[: 1 + goes_on])


def _text(error: str | BaseException) -> str:
    if isinstance(error, str):
        return error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    from pydantic import ValidationError  # takes long to import, and most errors are others

    if isinstance(error, ValidationError):
        return mistakes(error)
    return str(error) or type(error).__name__


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r'\s+File ".*", line \d+')
_HEADING = re.compile(
    r"(the trial died: )?(Failure # \d+ \(.*\)|ray::.*|Traceback \(most recent call last\):)"
)
"""Lines that stand before the reason of an error."""


def check_no_yaml(what: str, path: Path) -> None:
    """Check that a file is not in YAML.

    Parameters
    ----------
    what
        What the file holds, for the message ("A recipe").
    path
        The file; only its name is examined.

    Raises
    ------
    UserError
        Where the name ends in .yaml or .yml.
    """
    if path.suffix.lower() in (".yaml", ".yml"):
        raise UserError(
            f"{what} is written in TOML, and {path} is in YAML. Rewrite it: `train:` with "
            "`lr: 0.001` below it becomes `[train]` and `lr = 0.001` in TOML."
        )


def check_not_url(option: str, path: Path) -> None:
    """Check that a path is not a URL, which would silently become a local folder.

    Parameters
    ----------
    option
        The option, for the message.
    path
        The path that the user gave.

    Raises
    ------
    UserError
        Where the path is a URL.
    """
    if re.match(r"[A-Za-z][\w+.-]+:/", str(path)):
        raise UserError(
            f"{option} takes the path of a folder; got the URL {path}. Mount that storage on every "
            "machine of the cluster and give the folder's path (docs/cluster.md)."
        )


_LOST = re.compile(r"The actor (\w+ )?(died|is unavailable)")
"""Ray's words for a trial whose process or node is gone; it has no words like these for a Python
exception in the trial."""


def is_process_lost(why: str) -> bool:
    """Whether a run failed because its process or node was lost, not because its code failed.

    Parameters
    ----------
    why
        The error of the run, in Ray's words.

    Returns
    -------
    bool
        True if the process or node was lost.
    """
    return bool(_LOST.search(why))
