"""The state of a study: from its lock, and from what its report has counted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rpbind.errors import UserError, reason
from rpbind.files.atomic import read
from rpbind.findings.record import FILE as FINDINGS
from rpbind.mistakes import mistakes
from rpbind.statistics.coverage import NEVER_MADE
from rpbind.wording.alerts import BAD

StudyState = Literal["running", "done", "failed", "interrupted", "no report", "unreadable"]
"""Running: a process runs it. Done: every planned run is. Failed: a run failed, diverged or was
lost, or a search has no winner. Interrupted: runs are missing, and none has failed. No report: no
report has counted its runs."""


class _Run(BaseModel):
    state: str


class _Health(BaseModel):
    planned: int
    done: int
    alerts: tuple[str, ...] = ()
    failures: tuple[_Run, ...] = ()


class Kept(BaseModel):
    """What a line needs of `findings.json`; a later version may have more fields."""

    model_config = ConfigDict(frozen=True)

    answer: tuple[str, ...]
    health: _Health


def state_of(running: bool, kept: Kept | None) -> StudyState:
    """Return the state of a study.

    Parameters
    ----------
    running
        Whether a process runs it now.
    kept
        What its report has counted; None without a report.

    Returns
    -------
    str
        The state.
    """
    if running:
        return "running"
    if kept is None:
        return "no report"
    return ended(kept.health.done, kept.health.planned, (f.state for f in kept.health.failures))


def ended(done: int, planned: int, missing: Iterable[str]) -> StudyState:
    """Return the state of a study that no process runs.

    Parameters
    ----------
    done
        Number of planned runs that are done.
    planned
        Number of planned runs.
    missing
        The states of the others.

    Returns
    -------
    str
        "done", "failed" or "interrupted".
    """
    if done == planned:
        return "done"
    return "failed" if any(s in (*BAD, NEVER_MADE) for s in missing) else "interrupted"


def kept_of(study: Path) -> tuple[Kept | None, list[str]]:
    """Return what a report has left beside its page.

    Parameters
    ----------
    study
        Folder of the study.

    Returns
    -------
    tuple
        What it has left, or None; and why it cannot be read, in a list that is empty if it can, or
        if no report was written.
    """
    try:
        return Kept.model_validate_json(read(study / FINDINGS)), []
    except FileNotFoundError:
        return None, []
    except ValidationError as error:
        return None, [f"{FINDINGS} is damaged: {mistakes(error)}. {_again(study)}"]
    except (UserError, OSError) as error:
        return None, [reason(str(error))]


def _again(study: Path) -> str:
    return f"Write it again: rpbind report {study}"
