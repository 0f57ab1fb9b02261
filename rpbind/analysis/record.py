"""The bookkeeping of a study: what failed, what was found, what it ran on and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rpbind.analysis.winners import required_runs
from rpbind.ledger import Call, Finding, Plan, Row
from rpbind.ledger.records import parse_time
from rpbind.ledger.scores import ProteinScores
from rpbind.ledger.trials import was_reused
from rpbind.statistics.coverage import NO_REASONS, NO_STATES, OpenStates, state_of
from rpbind.statistics.table import Runs

SEVERITIES = ("error", "warning", "info")
SHARED_PROVENANCE = ("dataset", "split", "bank", "code", "torch", "device", "threads", "workers",
                     "pieces")  # fmt: skip
"""Provenance keys whose values must be the same in all runs that are compared."""


@dataclass(frozen=True)
class Failure:
    """A planned run that is not done.

    Parameters
    ----------
    arm
        Name of its arm.
    seed
        Its seed.
    state
        Its state: planned, running, lost, failed, ...
    attempt
        Number of its last attempt, from 0; None if it has no row.
    error
        Its error, or why it has no row.
    """

    arm: str
    seed: int
    state: str
    attempt: int | None
    error: str


@dataclass(frozen=True)
class FindingGroup:
    """The runs that share one finding; `finding` is the first run's."""

    finding: Finding
    arms: tuple[str, ...]
    runs: int


@dataclass(frozen=True)
class Cost:
    """The time that a study took.

    Parameters
    ----------
    runs
        Number of trained runs, trials and retrained controls.
    training
        Their training time, in seconds.
    slot_seconds
        Sum over calls of wall time (from before Ray started) times the number of runs at once, in
        seconds; None if no call was recorded.
    calls
        Number of recorded calls.
    killed
        How many of them were killed; such a call counts up to the last run that ended before the
        next call began.
    """

    runs: int
    training: float
    slot_seconds: float | None
    calls: int
    killed: int


def failures(
    plan: Plan,
    runs: Runs,
    under_way: OpenStates = NO_STATES,
    without_winner: Mapping[str, str] = NO_REASONS,
) -> list[Failure]:
    """Return every planned run that is not done, in the plan's order.

    `without_winner` is {arm: why its search has no winner}.
    """
    rows = {run: runs.get(run) for run in required_runs(plan)}
    return [
        Failure(
            *run,
            state_of(run, row, under_way),
            row.attempt if row else None,
            row.error if row else without_winner.get(run[0], "the ledger has no row of it"),
        )
        for run, row in rows.items()
        if row is None or row.state != "done"
    ]


def group_findings(rows: Iterable[Row]) -> list[FindingGroup]:
    """Return the findings of all runs, grouped by name and advice, the most severe first.

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
    """Return {key: {value: number of runs}} of the runs' provenance."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for key, value in row.provenance.items():
            values[key][value] += 1
    return {key: dict(counts.most_common()) for key, counts in values.items()}


def mixed(values: Mapping[str, Mapping[str, int]], *, of_folds: bool) -> tuple[str, ...]:
    """Return the keys of `SHARED_PROVENANCE` that have several values.

    Parameters
    ----------
    values
        What `provenance` returned.
    of_folds
        Whether the study is over folds, each of which has another split; then a split is mixed if
        it has several hashes under one name.

    Returns
    -------
    tuple[str, ...]
        The keys, in order.
    """

    def should_be(key: str) -> int:
        several = of_folds and key == "split"
        return len({value.split(" ")[0] for value in values[key]}) if several else 1

    return tuple(k for k in SHARED_PROVENANCE if k in values and len(values[k]) > should_be(k))


def cost(rows: Sequence[Row], calls: Sequence[Call] = ()) -> Cost:
    """Return the cost of all calls; a resumed run counts with all of its training time."""
    made = [row for row in rows if "train_seconds" in row.cost and not was_reused(row)]
    trained = [row.cost["train_seconds"] for row in made]
    begins = [parse_time(call.began) for call in calls]
    limits = (*begins, None)[1:]
    ends = [_end(call, rows, limit) for call, limit in zip(calls, limits, strict=True)]
    walls = [(end - began).total_seconds() for began, end in zip(begins, ends, strict=True)]
    slots = sum(call.slots * wall for call, wall in zip(calls, walls, strict=True))
    killed = sum(not call.ended for call in calls)
    return Cost(len(trained), sum(trained), slots if calls else None, len(calls), killed)


def _end(call: Call, rows: Sequence[Row], limit: datetime | None) -> datetime:
    """Return when a call ended; for a killed call, its last row before the next call began."""
    if call.ended:
        return parse_time(call.ended)
    # a row in state "lost" was written by a later call
    ends = (parse_time(row.ended) for row in rows if row.state != "lost")
    began = parse_time(call.began)
    mine = (end for end in ends if began < end and (limit is None or end < limit))
    return max(mine, default=began)


def cluster_names(rows: Iterable[Row]) -> dict[int, str]:
    """Return {protein cluster: names of its proteins}."""
    pairs: set[tuple[int, str]] = set()
    for row in rows:
        scores = ProteinScores.of(row.proteins)
        proteins = map(scores.names.__getitem__, scores.protein_N.tolist())
        pairs.update(zip(scores.cluster_N.tolist(), proteins, strict=True))
    names: dict[int, set[str]] = {}
    for cluster, protein in pairs:
        names.setdefault(cluster, set()).add(protein)
    return {cluster: ", ".join(sorted(proteins)) for cluster, proteins in sorted(names.items())}
