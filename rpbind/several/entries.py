"""The studies of a folder, a line for each: question, answer, state, date, note.

The answer is the one that the report has left beside its page (`findings.json`), so no verdict is
computed again. A study that cannot be read is a line with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder
from rpbind.ledger import Ledger
from rpbind.ledger.driver import NAME as DRIVER
from rpbind.ledger.driver import is_held
from rpbind.ledger.plans import PLAN
from rpbind.ledger.records import parse_time
from rpbind.several.note import Note, read_note
from rpbind.several.state import StudyState, kept_of, state_of

PAGE = "index.html"


@dataclass(frozen=True)
class Entry:
    """A study in the list of studies.

    Parameters
    ----------
    folder
        Name of its folder.
    state
        Its state.
    title
        The user's name for it, or its question, or the name of its folder.
    question
        What it asks.
    answer
        The first sentence of its answer; "" without one.
    more
        How many more sentences its answer has.
    done, planned
        Numbers of runs; None where no report has counted them.
    began
        When it began, in ISO 8601; "" if that is not known.
    smoke
        Whether it is a quick run, whose numbers are no result.
    note
        The user's note and tags.
    missing
        What is missing of its result, and what to do; "" if nothing is.
    problem
        Why something of it cannot be read; "" if everything can.
    has_page
        Whether it has a page.
    """

    folder: str
    state: StudyState
    title: str
    question: str = ""
    answer: str = ""
    more: int = 0
    done: int | None = None
    planned: int | None = None
    began: str = ""
    smoke: bool = False
    note: Note = field(default_factory=Note)
    missing: str = ""
    problem: str = ""
    has_page: bool = False


def entries(reports: Path) -> list[Entry]:
    """Return the studies of a folder.

    Parameters
    ----------
    reports
        The folder.

    Returns
    -------
    list of Entry
        The study that began last is the first; those that cannot be read are the last.

    Raises
    ------
    UserError
        If the folder itself cannot be read.
    """
    found = [entry(each) for each in list_folder(reports, "*") if is_study(each)]
    return sorted(found, key=lambda e: (e.state != "unreadable", _time(e.began)), reverse=True)


def is_study(folder: Path) -> bool:
    """Whether a folder has a study, or what is left of one.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    bool
        True also if it cannot be looked into, so that its line says why.
    """
    try:
        return folder.is_dir() and any(each.name in (PLAN, DRIVER) for each in folder.iterdir())
    except OSError:
        return True


def entry(study: Path) -> Entry:
    """Return the line of one study, whatever is wrong with it.

    Parameters
    ----------
    study
        Its folder.

    Returns
    -------
    Entry
        With the reason in `problem` if something of it cannot be read.
    """
    has_page = _has_page(study)
    note, problems = _note(study)
    try:
        plan, running = Ledger(study).plan, is_held(study)
    except (UserError, OSError) as error:
        began = _running(study)
        return Entry(
            folder=study.name,
            state=began or "unreadable",
            title=study.name,
            note=note,
            problem="; ".join([str(error), *problems]),
            has_page=has_page,
        )
    kept, why = kept_of(study)
    return Entry(
        folder=study.name,
        state="unreadable" if why and not running else state_of(running, kept),
        title=plan.name or plan.question or study.name,
        question=plan.question,
        answer=kept.answer[0] if kept and kept.answer else "",
        more=max(len(kept.answer) - 1, 0) if kept else 0,
        done=kept.health.done if kept else None,
        planned=kept.health.planned if kept else None,
        began=plan.created,
        smoke=plan.smoke,
        note=note,
        missing=kept.health.alerts[0] if kept and kept.health.alerts else "",
        problem="; ".join([*why, *problems]),
        has_page=has_page,
    )


def _has_page(study: Path) -> bool:
    try:
        return (study / PAGE).is_file()
    except OSError:
        return False


def _note(study: Path) -> tuple[Note, list[str]]:
    try:
        return read_note(study), []
    except (UserError, OSError) as error:
        return Note(), [str(error)]


def _running(study: Path) -> Literal["running"] | None:
    try:
        return "running" if is_held(study) else None
    except OSError:
        return None


def _time(began: str) -> float:
    try:
        return parse_time(began).timestamp()
    except ValueError:  # of a study that cannot be read
        return 0.0
