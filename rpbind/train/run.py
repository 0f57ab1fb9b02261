"""A run from start to ledger row: train, keep the best epoch, score it once, say what was spent."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from rpbind.errors import UserError
from rpbind.ledger import ProteinScore, Row, State, write_atomic
from rpbind.ledger.marks import marked, start_here
from rpbind.metrics import summarise
from rpbind.train import checkpoint
from rpbind.train.calibration import Calibration, calibrated_metrics
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import DivergedError, Machine
from rpbind.train.model_file import model_file
from rpbind.train.probes import probe
from rpbind.train.provenance import provenance
from rpbind.train.task import Job, Task

Report = Callable[[dict[str, float]], None]
HEADLINE = "validation.auroc_macro"


def train_task(
    task: Task, machine: Machine, executor: str, tell: Callable[[dict[str, Any]], None]
) -> None:
    """Make a task's runs; `tell` hears every epoch's point, and every finished row as JSON."""
    inputs = _inputs(task.data, task.split, task.recipe.proteins)
    for job in task.jobs:
        name = {"seed": float(job.seed)}

        def report(point: dict[str, float], name: dict[str, float] = name) -> None:
            tell(name | point)

        row = train_run(job, inputs, machine, executor, report)
        score = row.metrics.get(HEADLINE, math.nan)
        tell(name | {HEADLINE: score, "row": row.model_dump_json()})


_inputs = lru_cache(maxsize=1)(Inputs.open)


def train_run(job: Job, inputs: Inputs, machine: Machine, executor: str, report: Report) -> Row:
    """Make one run and return its row, whatever happens in it.

    `report` is called with every epoch's point and the seconds trained so far, inside the loop. A
    run that was interrupted goes on after its last whole epoch; one that was finished, but perhaps
    not heard of, is not made again.
    A search run never reads the test windows. An exception in the run becomes a row with state
    "failed" and the traceback; one that `report` raises, to stop the run, passes.
    """
    if (finished := finished_row(job)) is not None:
        return finished
    if machine.rank > 0:
        return _row_of_run(job, inputs, machine, executor, report)
    with marked(job.folder, start_here(**_identity(job))) as ended_epoch:

        def marking(point: dict[str, float]) -> None:
            ended_epoch(int(point["epoch"]))
            report(point)

        row = _row_of_run(job, inputs, machine, executor, marking)
        write_atomic(_finished(job), row.model_dump_json().encode())
        _unfinished(job).unlink(missing_ok=True)
    return row


def finished_row(job: Job) -> Row | None:
    """Return the finished row that a run has left beside its files, whether or not it is told."""
    file = _finished(job)
    return Row.model_validate_json(file.read_bytes()) if file.exists() else None


def earlier_epochs(job: Job, heard: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Return a run's epochs before those that were heard of: it was interrupted after them."""
    if not heard or heard[0]["epoch"] == 1 or not _unfinished(job).exists():
        return []
    state = checkpoint.load(_unfinished(job), "Remove it to train anew.")
    return [point for point in state["curve"] if point["epoch"] < heard[0]["epoch"]]


def _row_of_run(job: Job, inputs: Inputs, machine: Machine, executor: str, report: Report) -> Row:
    began = time.monotonic()
    outcome = _Outcome()
    _train_and_score(job, inputs, machine, report, outcome)
    training = outcome.training
    return _row(job, outcome.state, outcome.error).model_copy(
        update={
            "metrics": outcome.metrics,
            "proteins": outcome.proteins,
            "curve": tuple(training.curve) if training else (),
            "cost": _cost(training, time.monotonic() - began),
            "provenance": inputs.provenance | provenance(machine, executor) | _pieces(training),
        }
    )


@dataclass
class _Outcome:
    """What has become of a run so far."""

    state: State = "done"
    error: str = ""
    training: Training | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    proteins: tuple[ProteinScore, ...] = ()


def _train_and_score(
    job: Job, inputs: Inputs, machine: Machine, report: Report, outcome: _Outcome
) -> None:
    reporting = _Reporter(report)
    try:
        training = outcome.training = _resume(job, inputs, machine)
        for point in training.epochs():
            if machine.rank == 0:
                checkpoint.save(_unfinished(job), training.state())
            reporting(point | {"train_seconds": training.train_seconds})
        outcome.metrics, outcome.proteins = _score_best_epoch(job, training)
    except DivergedError as reason:
        outcome.state, outcome.error = "diverged", str(reason)
    except UserError as reason:
        outcome.state, outcome.error = "failed", str(reason)
    except Exception:
        if reporting.raised or machine.world > 1:
            raise  # other ranks wait for this one: the whole group must end
        outcome.state, outcome.error = "failed", traceback.format_exc()


def ended_row(job: Job, state: State, error: str) -> Row:
    """Return the row of a run whose process is gone or that was never begun."""
    return _row(job, state, error)


class _Reporter:
    """Calls `report`, and remembers whether an exception came from there."""

    def __init__(self, report: Report) -> None:
        self.report, self.raised = report, False

    def __call__(self, point: dict[str, float]) -> None:
        try:
            self.report(point)
        except BaseException:
            self.raised = True
            raise


def _finished(job: Job) -> Path:
    return job.folder / f"{job.run}.{job.attempt}.json"


def _unfinished(job: Job) -> Path:
    return job.folder / f"{job.run}.unfinished.pt"


def _resume(job: Job, inputs: Inputs, machine: Machine) -> Training:
    training = Training(job.recipe, job.seed, inputs, machine)
    if _unfinished(job).exists():
        state = checkpoint.load(_unfinished(job), "Remove it to train anew.")
        if state["recipe"] != job.recipe.model_dump_json() or state["seed"] != job.seed:
            raise UserError(f"{_unfinished(job)} belongs to another recipe; remove it.")
        training.load_state(state)
    return training


def _score_best_epoch(
    job: Job, training: Training
) -> tuple[dict[str, float], tuple[ProteinScore, ...]]:
    """Score the best epoch on validation and, but for a search, on test; keep its weights.

    A run that is compared is probed last of all: nothing that was scored before depends on it.
    """
    training.restore_best()
    proteins = training.inputs.proteins
    scores = training.score("validation")
    metrics, per_protein = summarise(scores, proteins, "validation")
    if job.stage != "search":
        content = model_file(training, scores, per_protein)
        on_test = training.score("test")
        tested, tested_proteins = summarise(on_test, proteins, "test")
        tested |= calibrated_metrics(Calibration(**content["calibration"]), on_test, "test")
        metrics, per_protein = metrics | tested, per_protein + tested_proteins
        if training.machine.rank == 0:
            checkpoint.save(job.folder / f"{job.run}.pt", dict(content))
    if job.stage == "ablation":
        probed, probed_proteins = probe(training)
        metrics, per_protein = metrics | probed, per_protein + probed_proteins
    return metrics | {"best_epoch": training.best_epoch, "epochs": len(training.curve)}, per_protein


def _row(job: Job, state: State, error: str) -> Row:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Row(**_identity(job), state=state, error=error, ended=now)


def _identity(job: Job) -> dict[str, Any]:
    return {
        "arm": job.arm,
        "seed": job.seed,
        "stage": job.stage,
        "attempt": job.attempt,
        "recipe": job.recipe.model_dump(mode="json"),
        "recipe_id": job.recipe.id,
    }


def _cost(training: Training | None, seconds: float) -> dict[str, float]:
    """Seconds and counts; `train_seconds` covers the epochs, without opening files or testing."""
    if training is None:
        return {"seconds": seconds}
    windows = training.windows_seen
    rate = windows / training.train_seconds if training.train_seconds else math.nan
    cost = {
        "seconds": seconds,
        "train_seconds": training.train_seconds,
        "windows_per_second": rate,
        "parameters": float(sum(p.numel() for p in training.model.parameters())),
        "micro_batch": float(training.micro_batch),
    }
    return {k: v for k, v in cost.items() if math.isfinite(v)}


def _pieces(training: Training | None) -> dict[str, str]:
    """In how many pieces a batch went through the model: several where memory was short."""
    return {"pieces": str(training.pieces)} if training else {}
