"""The bookkeeping of a study: what failed, what was found, what it ran on and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rpbind.analysis.table import Runs
from rpbind.ledger import Finding, Plan, Row

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Failure:
    """A planned run that is not done: its state ("not run" where no row tells) and its error."""

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


def failures(plan: Plan, runs: Runs) -> list[Failure]:
    """Return every planned run that is not done, in the plan's order."""
    lost = [(name, seed, runs.get((name, seed))) for name, seed in plan.planned]
    return [
        Failure(name, seed, row.state, row.attempt, row.error)
        if row
        else Failure(name, seed, "not run", None, "the ledger has no row of it")
        for name, seed, row in lost
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
