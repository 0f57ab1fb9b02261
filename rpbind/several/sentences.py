"""What several studies say together: contrasts that they share, and arms paired by seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rpbind.several.like import Like, Pair
from rpbind.statistics.verdict import Word
from rpbind.wording.answers import MOST_NAMES
from rpbind.wording.sentences import Sentence, size
from rpbind.wording.words import number, plural

MOST = 3
"""So many arms that differ between two studies get a sentence each; more share one."""
SAME: dict[Word, str] = {
    "no meaningful effect": "no meaningful difference, within ±{delta}",
    "inert": "identical scores",
    "inconclusive": "undecided",
}


def together(likes: Sequence[Like], pairs: Sequence[Pair]) -> list[Sentence]:
    """Return all that several studies say together.

    Parameters
    ----------
    likes
        Their contrasts by name.
    pairs
        The first study with each of the others.

    Returns
    -------
    list of Sentence
        On the shared contrasts, then on each pair.
    """
    return [agreement(likes), *(each for pair in pairs for each in of_pair(pair))]


def agreement(likes: Sequence[Like]) -> Sentence:
    """Return how many of the contrasts that studies share have the same verdict in each.

    Parameters
    ----------
    likes
        The contrasts.

    Returns
    -------
    Sentence
        With the names of the others.
    """
    shared = [like for like in likes if like.is_shared]
    if not shared:
        return Sentence("open", "The studies share no contrast")
    odd = [like.name for like in shared if not like.agrees]
    whole = f"Of {len(shared)} shared {plural('contrast', len(shared))}"
    if not odd:
        return Sentence("same", f"{whole}, all have the same verdict in each study")
    same = len(shared) - len(odd)
    has = "has" if same == 1 else "have"
    text = f"{whole}, {same} {has} the same verdict in each study; not so: {_names(odd)}"
    return Sentence("found", text)


def of_pair(pair: Pair) -> list[Sentence]:
    """Return what two studies say of each other: the arms that differ, or why none is paired.

    Parameters
    ----------
    pair
        The two studies.

    Returns
    -------
    list of Sentence
        The largest difference is the first.
    """
    if pair.comparison is None:
        both = f"{pair.one.number} and {pair.other.number}"
        return [Sentence("open", f"{both} are not paired: {pair.why}")]
    return list(_of_arms(pair))


def _of_arms(pair: Pair) -> Iterator[Sentence]:
    assert pair.comparison is not None
    contrasts, here, there = pair.comparison.contrasts, pair.one.number, pair.other.number
    differ = [c for c in contrasts if c.verdict.word in ("better", "worse")]
    differ.sort(key=lambda c: -abs(c.verdict.mean or 0.0))
    if len(differ) > MOST:
        names = _names([c.paired.contrast.name for c in differ])
        yield Sentence("found", f"{len(differ)} arms differ between {here} and {there}: {names}")
        differ = differ[:MOST]
    for each in differ:
        higher = each.verdict.word == "better"
        yield Sentence(
            "better" if higher else "worse",
            f"{each.paired.contrast.name}: AUROC is {'higher' if higher else 'lower'} in {here} "
            f"than in {there} by {size(each.verdict)}",
        )
    for word, text in SAME.items():
        alike = [c.paired.contrast.name for c in contrasts if c.verdict.word == word]
        if alike:
            said = text.format(delta=number(pair.comparison.delta))
            told = f"Between {here} and {there} {said}: {_names(alike)}"
            yield Sentence("open" if word == "inconclusive" else "same", told)


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return "; ".join(names[:MOST_NAMES]) + (f"; and {more} more" if more > 0 else "")
