"""How names are compared, everywhere: by their letters; case and blanks around do not count."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from unicodedata import normalize


def key(name: str) -> str:
    """Return what all spellings of a name have in common: ' Rna' and 'RNA', é in one code or two.

    Parameters
    ----------
    name
        A name of a column, protein, gene, option or field.

    Returns
    -------
    str
        The name in Unicode's compatible form (NFKC), folded to one case, without blanks around.
    """
    return normalize("NFKC", normalize("NFKC", name).casefold()).strip()


def matching(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are `name`: in the same spelling, or else in any."""
    words = list(known)
    same = [word for word in words if word == name]
    return same or [word for word in words if key(word) == key(name)]


def closest_spelling(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """Return the known name that is spelt most like `name`, in any case; "" where none is near."""
    by_key: dict[str, str] = {}
    for word in known:
        by_key.setdefault(key(word), word)
    near = get_close_matches(key(name), by_key, n=1, cutoff=cutoff)
    return by_key[near[0]] if near else ""
