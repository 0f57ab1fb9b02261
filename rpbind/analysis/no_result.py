"""Studies and searches from which nothing came: what happened, why, and what to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rpbind.analysis.summary import Summary
from rpbind.errors import reason
from rpbind.ledger import Plan
from rpbind.ledger.search_results import SearchResult

BAD = ("failed", "diverged", "lost")
"""States of runs that ended without a result, other than by the user's will."""


def no_result(summary: Summary) -> list[str]:
    """Return what has no result at all: the study's runs, or searches without a complete trial.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of str
        A note each, with the first reason and the command; empty if there are results, or if
        nothing has ended badly.
    """
    return [*_runs(summary), *_searches(summary)]


def _runs(summary: Summary) -> Iterator[str]:
    states = Counter(failure.state for failure in summary.failures)
    bad = {state: n for state, n in states.items() if state in BAD}
    if summary.done or not bad or states["running"]:
        return
    first = next(failure for failure in summary.failures if failure.state in BAD)
    counts = ", ".join(f"{n} {state}" for state, n in bad.items())
    yield (
        f"No result: none of the {summary.planned} planned runs is done ({counts}). "
        f"The first, {first.arm} with seed {first.seed}, {first.state}: "
        f"{reason(first.error) or 'no reason was recorded'}. {_advice(bad, summary.plan)}"
    )


def _searches(summary: Summary) -> Iterator[str]:
    for search in summary.tuned.searches if summary.tuned else ():
        bad = {outcome: n for outcome, n in search.counts.items() if outcome in BAD}
        if search.best is None and bad and sum(bad.values()) == len(search.trials):
            yield _of_search(search, bad, summary.plan)


def _of_search(search: SearchResult, bad: dict[str, int], plan: Plan) -> str:
    counts = ", ".join(f"{n} {outcome}" for outcome, n in bad.items())
    first = next((trial for trial in search.trials if trial.why), None)
    why = f"The first, {first.name}: {first.why}. " if first else ""
    return (
        f"No result: the search '{search.name}' has no complete trial, and so no winner "
        f"({counts} of {len(search.trials)}). {why}{_advice(bad, plan)}"
    )


def _advice(bad: dict[str, int], plan: Plan) -> str:
    """Return what to change and the command to run then."""
    command = f": {plan.command}" if plan.command else "."
    if set(bad) == {"diverged"}:
        return (
            "A diverged run would diverge again: lower train.lr or set train.clip_norm, in the "
            f"recipe or in the space, then run the command again{command}"
        )
    return (
        "Remove the cause, then run the command again; it repeats runs that failed and keeps the "
        f"others{command}"
    )
