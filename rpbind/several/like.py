"""Contrasts that several studies have, next to each other; and arms paired between two studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rpbind.analysis.compare import StudyComparison, compare
from rpbind.errors import UserError
from rpbind.several.plans import seeds
from rpbind.several.side import Side
from rpbind.statistics.table import weights_of
from rpbind.wording.verdicts import Judged


@dataclass(frozen=True)
class Like:
    """A contrast in each of several studies.

    Parameters
    ----------
    name
        Its name.
    judged
        The contrast in each study; None in a study without it.
    other
        Numbers of the studies in which its arms have other recipes than in the first with it.
    """

    name: str
    judged: tuple[Judged | None, ...]
    other: tuple[int, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether two or more studies have a result of it."""
        return len(self._words) > 1

    @property
    def agrees(self) -> bool:
        """Whether its verdict is the same word in all studies that have a result of it."""
        return len(set(self._words)) < 2

    @property
    def _words(self) -> list[str]:
        found = (each.verdict for each in self.judged if each)
        return [verdict.word for verdict in found if verdict.mean is not None]


def like_contrasts(sides: Sequence[Side]) -> list[Like]:
    """Return the contrasts of several studies by name.

    Parameters
    ----------
    sides
        The studies.

    Returns
    -------
    list of Like
        Those that most studies have are the first.
    """
    plans = [{c.paired.contrast.name: c for c in side.summary.judged} for side in sides]
    names = dict.fromkeys(name for each in plans for name in each)
    found = [Like(name, row := tuple(each.get(name) for each in plans), _other(sides, row))
             for name in names]  # fmt: skip
    return sorted(found, key=lambda like: like.judged.count(None))


def _other(sides: Sequence[Side], judged: Sequence[Judged | None]) -> tuple[int, ...]:
    """Return the numbers of studies whose arms of a contrast have other recipes."""
    found = {}
    for side, one in zip(sides, judged, strict=True):
        if one is not None:
            recipes = {arm.name: arm.recipe_id for arm in side.summary.plan.arms}
            weights = weights_of(one.paired.contrast)
            found[side.number] = [(w, recipes.get(arm, arm)) for arm, w in weights.items()]
    first = next(iter(found.values()))
    return tuple(number for number, arms in found.items() if arms != first)


@dataclass(frozen=True)
class Pair:
    """Two studies whose like arms are paired by seed, or why they are not.

    Parameters
    ----------
    one, other
        The studies; each difference is `one` minus `other`.
    comparison
        The differences of like arms with their verdicts; None if they may not be paired.
    why
        Why they may not; "" if they may.
    """

    one: Side
    other: Side
    comparison: StudyComparison | None
    why: str = ""

    @property
    def name(self) -> str:
        """Which study minus which: "1 minus 2"."""
        return f"{self.one.number} minus {self.other.number}"


def pairs_of(sides: Sequence[Side]) -> list[Pair]:
    """Pair the first study with each of the others.

    Parameters
    ----------
    sides
        The studies.

    Returns
    -------
    list of Pair
        One for each study after the first.
    """
    return [_pair(sides[0], other) for other in sides[1:]]


def _pair(one: Side, other: Side) -> Pair:
    if why := _why_not(one, other):
        return Pair(one, other, None, why)
    mine, theirs = ((side.summary.plan, side.ledger.rows()) for side in (one, other))
    try:
        found = compare(mine, theirs, numbers=(one.number, other.number))
    except UserError as error:  # an arm is the winner of a search
        return Pair(one, other, None, str(error).rstrip("."))
    return Pair(one, other, found)


def _why_not(one: Side, other: Side) -> str:
    """Return why the arms of two studies may not be paired; "" if nothing forbids it."""
    if running := [side.name for side in (one, other) if side.state == "running"]:
        return f"{' and '.join(running)} still runs, and verdicts come when the study ends"
    mine, theirs = one.summary.plan, other.summary.plan
    if mine.dataset != theirs.dataset:
        return f"they have other data ({mine.dataset} and {theirs.dataset})"
    if mine.split != theirs.split:
        return f"they have other splits ({mine.split} and {theirs.split}), so other test windows"
    if not {*mine.seeds} & {*theirs.seeds}:
        return f"they share no seed ({seeds(mine.seeds)}, and {seeds(theirs.seeds)})"
    if not {arm.name for arm in mine.arms} & {arm.name for arm in theirs.arms}:
        return "they have no arm of one name"
    return ""
