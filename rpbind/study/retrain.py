"""Trains runs of a study again, outside it, and compares them bit for bit with its ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rpbind.design.source import DataSource
from rpbind.ledger import Plan, Row
from rpbind.recipe import Recipe
from rpbind.train.code import code_id
from rpbind.train.machine import Machine
from rpbind.train.provenance import processor
from rpbind.train.run import train_run
from rpbind.train.task import Job


@dataclass(frozen=True)
class Retrained:
    """What came of training runs again.

    Parameters
    ----------
    equal
        Names of the runs whose metrics and scores are the same, bit for bit.
    differences
        A sentence for each other run.
    notes
        What may explain a difference, such as other code.
    """

    equal: tuple[str, ...]
    differences: tuple[str, ...]
    notes: tuple[str, ...]


def retrain(rows: Sequence[Row], plan: Plan, source: DataSource, scratch: Path) -> Retrained:
    """Train runs again and compare them with their rows.

    Parameters
    ----------
    rows
        Rows of finished runs.
    plan
        The plan of their study.
    source
        The data that they were trained on.
    scratch
        A folder for the files of the new runs; nothing is written to the study.

    Returns
    -------
    Retrained
        Which runs are equal, and how the others differ.
    """
    equal, differences = [], []
    metrics = tuple(each.part for each in plan.metrics)
    for row in rows:
        job = Job(row.arm, Recipe.from_record(row.recipe, row.arm), row.seed, scratch,
                  row.stage, 0, metrics)  # fmt: skip
        inputs = source.opened.inputs(source.split.of_run(row.seed), job.recipe.proteins)
        again = train_run(job, inputs, machine_of(row), "verify", lambda point: None)
        found = list(_differences(row, again))
        if found:
            differences.append(f"run {row.run}, trained again: {'; '.join(found)}")
        else:
            equal.append(row.run)
    return Retrained(tuple(equal), tuple(differences), tuple(_notes(rows)) if differences else ())


def machine_of(row: Row) -> Machine:
    """Return the device and the threads with which a run was trained, from its provenance."""
    device = row.provenance.get("device", "cpu")
    return Machine(device=device, threads=int(row.provenance.get("threads", "1")))


def _differences(row: Row, again: Row) -> Iterator[str]:
    if again.state != row.state:
        yield f"it is {again.state} ({again.error.strip().splitlines()[-1:] or ['']})"
        return
    names = sorted(row.metrics.keys() | again.metrics.keys())
    other = [name for name in names if row.metrics.get(name) != again.metrics.get(name)]
    if other:
        first = next((name for name in ("test.auroc_macro",) if name in other), other[0])
        yield (
            f"{len(other)} of {len(names)} metrics differ, such as {first}: "
            f"{again.metrics.get(first)}, and {row.metrics.get(first)} in the ledger"
        )
    if tuple(row.proteins) != tuple(again.proteins):
        yield "scores of proteins differ"


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    """Yield what may explain that bits differ."""
    from importlib.metadata import version

    here = {"code": code_id(), "torch": version("torch"), "processor": processor()}
    for key, value in here.items():
        made = sorted({row.provenance[key] for row in rows if key in row.provenance} - {value})
        if made:
            yield (
                f"the {key} here is {value}, and the rows were made by {', '.join(made)}: other "
                "bits do not refute the claim then"
            )
