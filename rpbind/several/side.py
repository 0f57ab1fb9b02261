"""The studies that are put side by side: each with a number, a name and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rpbind.analysis.interim import withheld
from rpbind.analysis.summary import Summary, read
from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.several.note import Note, read_note
from rpbind.several.state import StudyState, ended
from rpbind.wording.answers import answer
from rpbind.wording.sentences import Sentence


@dataclass(frozen=True)
class Side:
    """One of several studies.

    Parameters
    ----------
    number
        Its place in the order in which the studies were given, from 1.
    label
        Name of its folder, with the folder above it where two have one name.
    folder
        Its folder.
    summary
        What it found; without verdicts while a process runs it.
    state
        Its state.
    note
        The user's note.
    """

    number: int
    label: str
    folder: Path
    summary: Summary
    state: StudyState
    note: Note

    @property
    def ledger(self) -> Ledger:
        """Its record."""
        return Ledger(self.folder)

    @property
    def name(self) -> str:
        """Number and label: what tables call it."""
        return f"{self.number}: {self.label}"

    @property
    def answer(self) -> list[Sentence]:
        """The sentences of its answer, the one that matters most first."""
        return answer(self.summary)


def sides_of(folders: Sequence[Path]) -> list[Side]:
    """Read several studies.

    Parameters
    ----------
    folders
        Their folders; two or more.

    Returns
    -------
    list of Side
        In the same order.

    Raises
    ------
    UserError
        If there are fewer than two, if one is given twice, or if one cannot be read.
    """
    if len(folders) < 2:
        raise UserError("Studies side by side are two or more. Name another study.")
    places = [folder.resolve() for folder in folders]
    for place, folder in zip(places, folders, strict=True):
        if places.count(place) > 1:
            raise UserError(f"The study {folder} is given twice. Name each study once.")
    ledgers = [Ledger(folder) for folder in folders]
    for ledger in ledgers:
        ledger.plan  # noqa: B018 - a folder without a study is refused before others are read
    labels = [place.name for place in places]
    labels = [
        f"{place.parent.name}/{place.name}" if labels.count(place.name) > 1 else place.name
        for place in places
    ]
    return [
        _side(number, label, ledger)
        for number, (label, ledger) in enumerate(zip(labels, ledgers, strict=True), start=1)
    ]


def _side(number: int, label: str, ledger: Ledger) -> Side:
    running, found = ledger.is_driven, read(ledger, rated=False)
    missing = (failure.state for failure in found.failures)
    return Side(
        number=number,
        label=label,
        folder=ledger.study,
        summary=withheld(found) if running else found,
        state="running" if running else ended(found.done, found.planned, missing),
        note=read_note(ledger.study),
    )
