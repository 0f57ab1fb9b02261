"""The errors that a user may see: they say what was wanted, what came and what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
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


def no_url(option: str, path: Path) -> None:
    """Raise `UserError` on a URL: as a path it would silently be a folder of this machine."""
    if re.match(r"[A-Za-z][\w+.-]+:/", str(path)):
        raise UserError(
            f"{option} is the path of a folder, and got the URL {path}. Mount its storage on every "
            "machine that takes part, and name the folder there (docs/cluster.md)."
        )
