"""The one error that a user may see: it says what was wanted, what came and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake in what the user gave; the command line prints it without a traceback."""


def one_of(what: str, word: str, known: Iterable[str]) -> None:
    """Raise `UserError` with the nearest right word where `word` is not a known one."""
    words = list(known)
    if word not in words:
        raise UserError(f"{what} is one of {', '.join(words)}; got '{word}'.{nearest(word, words)}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known word, or "" where nothing is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean '{near[0]}'?" if near else ""
