"""The bookkeeping of a study: what failed, what was found, what it ran on and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rpbind.analysis.coverage import NOTHING, Open, state_of
from rpbind.analysis.table import Runs
from rpbind.ledger import Finding, Plan, Row

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
class Found:
    """One kind of finding, over the runs that had it."""

    finding: Finding
    arms: tuple[str, ...]
    runs: int


@dataclass(frozen=True)
class Cost:
    """Seconds over all recorded runs: `training` is the part of `wall` spent in training steps."""

    runs: int
    wall: float
    training: float


def failures(plan: Plan, runs: Runs, under_way: Open = NOTHING) -> list[Failure]:
    """Return every planned run that is not done, in the plan's order."""
    rows = {run: runs.get(run) for run in plan.planned}
    return [
        Failure(
            *run,
            state_of(run, row, under_way),
            row.attempt if row else None,
            row.error if row else "the ledger has no row of it",
        )
        for run, row in rows.items()
        if row is None or row.state != "done"
    ]


def found(rows: Iterable[Row]) -> list[Found]:
    """Return the findings of all runs, the same name and advice told once, the severest first.

    The measured value shown is the first run's.
    """
    groups: dict[tuple[str, str, str], list[tuple[Row, Finding]]] = defaultdict(list)
    for row in rows:
        for finding in row.findings:
            groups[finding.severity, finding.name, finding.advice].append((row, finding))
    ordered = sorted(groups.values(), key=lambda g: SEVERITIES.index(g[0][1].severity))
    return [
        Found(
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


def cost(rows: Sequence[Row]) -> Cost:
    """Return the seconds that the recorded runs took together."""
    return Cost(
        runs=len(rows),
        wall=sum(row.cost.get("seconds", 0.0) for row in rows),
        training=sum(row.cost.get("train_seconds", 0.0) for row in rows),
    )
