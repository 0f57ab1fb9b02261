"""How much a command prints besides its results and errors: -q, -v, or neither.

Results go to stdout. Notices (what happens now) go to stderr: `--quiet` leaves them out. Details
(what was decided, and Ray's own lines) are there only with `--verbose`. Errors, and warnings that a
result needs to be understood, are always printed.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

from rich.console import Console

from rpbind.errors import UserError
from rpbind.live import stderr

PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
"""Arguments of `Console.print` that show a text unchanged."""


class Verbosity(IntEnum):
    """How much is printed."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


_chosen = Verbosity.NORMAL
_in_command_line = False


def choose(*, quiet: bool = False, verbose: bool = False) -> None:
    """Set how much this process prints; without either flag, leave it as it is.

    Parameters
    ----------
    quiet
        Whether the user gave `--quiet`.
    verbose
        Whether the user gave `--verbose`.

    Raises
    ------
    UserError
        If both were given, also in two places of one command line.
    """
    wanted = {level for flag, level in ((quiet, Verbosity.QUIET), (verbose, Verbosity.VERBOSE))
              if flag}  # fmt: skip
    if not wanted:
        return
    global _chosen
    if len(wanted | {_chosen} - {Verbosity.NORMAL}) > 1:
        raise UserError("--quiet and --verbose exclude each other: give one of them.")
    (_chosen,) = wanted


def reset() -> None:
    """Begin a command line: print as much as one without `--quiet` and `--verbose` does."""
    global _chosen, _in_command_line
    _chosen = Verbosity.NORMAL
    _in_command_line = True


def in_command_line() -> bool:
    """Whether a command of ours runs: else a script or a session of the user's has called us."""
    return _in_command_line


def is_quiet() -> bool:
    """Whether only results, warnings about them, and errors are printed."""
    return _chosen is Verbosity.QUIET


def is_verbose() -> bool:
    """Whether decisions and Ray's own lines are printed too."""
    return _chosen is Verbosity.VERBOSE


def notices() -> Console:
    """Return a console for notices: stderr, or nothing with `--quiet`."""
    return stderr(quiet=is_quiet())


def say(text: str) -> None:
    """Print a notice to stderr as it is.

    Parameters
    ----------
    text
        The notice.
    """
    notices().print(text, **PLAIN)


def tell(text: str) -> None:
    """Print a warning, or a result for people, to stderr as it is, also with `--quiet`.

    Parameters
    ----------
    text
        The sentence.
    """
    stderr().print(text, **PLAIN)


def detail(text: str) -> None:
    """Print what was decided to stderr, with `--verbose` only.

    Parameters
    ----------
    text
        The decision, and where it comes from.
    """
    if is_verbose():
        stderr().print(text, style="dim", **PLAIN)


def masked(text: str) -> str:
    """Return a text with the passwords in its URLs replaced by ***.

    Parameters
    ----------
    text
        A command, URL or sentence.

    Returns
    -------
    str
        The text without passwords.
    """
    text = re.sub(r"(://[^\s/:@]*:)\S*@", r"\1***@", text)
    return re.sub(r"([?&]\w*password=)[^\s&'\"]*", r"\1***", text)
