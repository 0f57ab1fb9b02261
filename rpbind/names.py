"""How names are compared everywhere: case and surrounding blanks do not count."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from unicodedata import normalize


def key(name: str) -> str:
    """Return the form that all spellings of a name share: ' Rna' and 'RNA', é as one code or two.

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
    """Return the known names that are equal to a name.

    Parameters
    ----------
    name
        The name to look up.
    known
        The known names.

    Returns
    -------
    list of str
        The names in the same spelling; if there are none, the names that differ only in case,
        surrounding blanks or Unicode form.
    """
    words = list(known)
    same = [word for word in words if word == name]
    return same or [word for word in words if key(word) == key(name)]


def closest_spelling(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """Return the known name whose spelling is closest, whatever its case.

    Parameters
    ----------
    name
        A name that may be misspelt.
    known
        The known names.
    cutoff
        Smallest similarity, 0 to 1 (see `difflib.get_close_matches`).

    Returns
    -------
    str
        The closest name; "" if none is similar enough.
    """
    by_key: dict[str, str] = {}
    for word in known:
        by_key.setdefault(key(word), word)
    near = get_close_matches(key(name), by_key, n=1, cutoff=cutoff)
    return by_key[near[0]] if near else ""
