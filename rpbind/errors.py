"""The errors that a user may see: they say what was wanted, what came and what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import dropwhile
from pathlib import Path


class UserError(Exception):
    """A mistake in what the user gave; the command line prints it without a traceback."""


class PausedError(Exception):
    """Something outside is gone for now: what is recorded is whole, the same command goes on."""


def one_of(what: str, word: str, known: Iterable[str]) -> None:
    """Raise `UserError` with the nearest right word where `word` is not a known one."""
    words = list(known)
    if word not in words:
        raise UserError(f"{what} is one of {', '.join(words)}; got '{word}'.{nearest(word, words)}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known word, or "" where nothing is near."""
    near = closest(word, known)
    return f" Did you mean '{near}'?" if near else ""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was meant: of the same initials (lr), or spelt alike; or ""."""
    words = list(known)
    near = get_close_matches(word, words, n=1, cutoff=0.5)
    short = [other for other in words if other == _short(word) or _short(other) == word != ""]
    return (short + near + [""])[0]


def _short(path: str) -> str:
    """Shorten the last name of a path to its initials: train.learning_rate to train.lr."""
    parents, dot, last = path.rpartition(".")
    return f"{parents}{dot}{''.join(part[:1] for part in last.split('_'))}" if "_" in last else ""


def reason(error: str | BaseException) -> str:
    """Return the one line of an error that says why; "" where it says nothing.

    Of a traceback (Python's, or the one that Ray keeps of a dead trial) that is the line with the
    exception, which comes after the last frame; of any other text, the first line.
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
    return str(error) or type(error).__name__


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r'\s+File ".*", line \d+')
_HEADING = re.compile(
    r"(the trial died: )?(Failure # \d+ \(.*\)|ray::.*|Traceback \(most recent call last\):)"
)
"""Lines of an error that come before what happened."""


def no_url(option: str, path: Path) -> None:
    """Raise `UserError` on a URL: as a path it would silently be a folder of this machine."""
    if re.match(r"[A-Za-z][\w+.-]+:/", str(path)):
        raise UserError(
            f"{option} is the path of a folder, and got the URL {path}. Mount its storage on every "
            "machine that takes part, and name the folder there (docs/cluster.md)."
        )
