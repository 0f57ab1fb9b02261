"""The bookkeeping of a study: what failed, what was found, what it ran on and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rpbind.analysis.winners import required_runs
from rpbind.ledger import Call, Finding, Plan, Row
from rpbind.ledger.records import moment
from rpbind.ledger.trials import was_reused
from rpbind.statistics.coverage import NO_ARMS, NOTHING, Open, state_of
from rpbind.statistics.table import Runs

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Failure:
    """A planned run that is not done: its state (planned, running, lost, ...) and its error."""

    arm: str
    seed: int
    state: str
    attempt: int | None
    error: str


@dataclass(frozen=True)
class FindingGroup:
    """One kind of finding, over the runs that had it."""

    finding: Finding
    arms: tuple[str, ...]
    runs: int


@dataclass(frozen=True)
class Cost:
    """What was spent: seconds of training steps, and the time in which runs could have trained.

    `slot_seconds` is the wall time of every call of the study, from before Ray was started, times
    the runs that it could make at once; None where no call was noted. `killed` calls have no end of
    their own: theirs is that of the last run that ended before the next call.
    """

    runs: int
    training: float
    slot_seconds: float | None
    calls: int
    killed: int


def failures(
    plan: Plan, runs: Runs, under_way: Open = NOTHING, never: Mapping[str, str] = NO_ARMS
) -> list[Failure]:
    """Return every planned run that is not done, in the plan's order.

    `never` is {arm: why it was never made}.
    """
    rows = {run: runs.get(run) for run in required_runs(plan)}
    return [
        Failure(
            *run,
            state_of(run, row, under_way),
            row.attempt if row else None,
            row.error if row else never.get(run[0], "the ledger has no row of it"),
        )
        for run, row in rows.items()
        if row is None or row.state != "done"
    ]


def group_findings(rows: Iterable[Row]) -> list[FindingGroup]:
    """Return the findings of all runs, the same name and advice told once, the severest first.

    The measured value shown is the first run's.
    """
    groups: dict[tuple[str, str, str], list[tuple[Row, Finding]]] = defaultdict(list)
    for row in rows:
        for finding in row.findings:
            groups[finding.severity, finding.name, finding.advice].append((row, finding))
    ordered = sorted(groups.values(), key=lambda g: SEVERITIES.index(g[0][1].severity))
    return [
        FindingGroup(
            finding=group[0][1],
            arms=tuple(dict.fromkeys(row.arm for row, _ in group)),
            runs=len({row.run for row, _ in group}),
        )
        for group in ordered
    ]


def provenance(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Return {key: {value: runs}} of where the runs come from."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for key, value in row.provenance.items():
            values[key][value] += 1
    return {key: dict(counts.most_common()) for key, counts in values.items()}


def cost(rows: Sequence[Row], calls: Sequence[Call] = ()) -> Cost:
    """Return what the runs trained, in all calls; a run that was resumed counts from its begin."""
    made = [row for row in rows if "train_seconds" in row.cost and not was_reused(row)]
    trained = [row.cost["train_seconds"] for row in made]
    begins = [moment(call.began) for call in calls]
    limits = (*begins, None)[1:]
    ends = [_end(call, rows, limit) for call, limit in zip(calls, limits, strict=True)]
    walls = [(end - began).total_seconds() for began, end in zip(begins, ends, strict=True)]
    slots = sum(call.slots * wall for call, wall in zip(calls, walls, strict=True))
    killed = sum(not call.ended for call in calls)
    return Cost(len(trained), sum(trained), slots if calls else None, len(calls), killed)


def _end(call: Call, rows: Sequence[Row], limit: datetime | None) -> datetime:
    """When a call ended; one that was killed, with the last row before the next call."""
    if call.ended:
        return moment(call.ended)
    # a row "lost" was written by a later call
    ends = (moment(row.ended) for row in rows if row.state != "lost")
    began = moment(call.began)
    mine = (end for end in ends if began < end and (limit is None or end < limit))
    return max(mine, default=began)
