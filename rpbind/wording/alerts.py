"""What is missing of a study, as the first thing that a reader sees: what, why, what to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rpbind.analysis.record import Failure
from rpbind.analysis.summary import Summary
from rpbind.errors import reason
from rpbind.ledger.search_results import SearchResult
from rpbind.statistics.coverage import NEVER_MADE
from rpbind.wording import commands

BAD = ("failed", "diverged", "lost")
"""States of runs that ended without a result, other than by the user's will."""


@dataclass(frozen=True)
class Alert:
    """What is missing.

    Parameters
    ----------
    what
        What is missing, and why.
    advice
        What to do.
    command
        The command to run then; "" if none helps or is known.
    """

    what: str
    advice: str
    command: str = ""

    @property
    def text(self) -> str:
        """What is missing, why, and what to do."""
        return f"{self.what} {self.advice}"

    def __str__(self) -> str:
        return f"{self.text.rstrip('.')}: {self.command}" if self.command else self.text


def alerts(summary: Summary) -> list[Alert]:
    """Return what is missing of a study: all runs, some of them, or the winners of searches.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of Alert
        Each with the first reason and the command; empty if nothing is missing, or if nothing has
        begun.
    """
    return [*runs_missing(summary), *_searches(summary)]


def has_nothing(summary: Summary) -> bool:
    """Whether no planned run is done and no search has a complete trial.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    bool
        True if there is nothing to judge.
    """
    found = summary.tuned.searches if summary.tuned else ()
    return not summary.done and all(search.best is None for search in found)


def runs_missing(summary: Summary) -> list[Alert]:
    """Return that planned runs are missing; empty if none is, or if they are still to come.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of Alert
        At most one.
    """
    left = [f for f in summary.failures if f.state != NEVER_MADE]
    states = Counter(failure.state for failure in left)
    bad = [failure for failure in left if failure.state in BAD]
    if (states["running"] or summary.interim) and not bad:
        return []
    if not bad and (not summary.done or not left):
        return []
    counts = ", ".join(f"{n} {'not begun' if s == 'planned' else s}" for s, n in states.items())
    if summary.done:
        what = f"{len(left)} of {summary.planned} planned runs are missing ({counts})"
    else:
        what = f"No result: none of the {summary.planned} planned runs is done ({counts})"
    return [_advised(f"{what}. {_first(bad)}", {failure.state for failure in left}, summary)]


def _first(bad: Iterable[Failure]) -> str:
    for first in bad:
        why = reason(first.error) or "no reason was recorded"
        return f"The first, {first.arm} with seed {first.seed}, {first.state}: {why}. "
    return ""


def _searches(summary: Summary) -> Iterator[Alert]:
    for search in summary.tuned.searches if summary.tuned else ():
        bad = {outcome: n for outcome, n in search.counts.items() if outcome in BAD}
        if search.best is None and bad and sum(bad.values()) == len(search.trials):
            yield _of_search(search, bad, summary)


def _of_search(search: SearchResult, bad: dict[str, int], summary: Summary) -> Alert:
    counts = ", ".join(f"{n} {outcome}" for outcome, n in bad.items())
    first = next((trial for trial in search.trials if trial.why), None)
    why = f"The first, {first.name}: {first.why}. " if first else ""
    what = (
        f"No result: the search '{search.name}' has no complete trial, and so no winner "
        f"({counts} of {len(search.trials)}). {why}"
    )
    return _advised(what, set(bad), summary)


def _advised(what: str, states: set[str], summary: Summary) -> Alert:
    """Return what is missing with what to change, and the command to run then."""
    command = commands.again(summary.plan.command)
    if states == {"diverged"}:
        advice = (
            "A diverged run would diverge again: lower train.lr or set train.clip_norm, in the "
            "recipe or in the space, then run the command again."
        )
    else:
        cause = "Remove the cause, then run" if states & {"failed", "lost"} else "Run"
        advice = (
            f"{cause} the command again; it runs what is missing, and repeats runs that failed."
        )
    return Alert(what.strip(), advice, command)
