"""A run from start to ledger row: train, restore the best epoch, score it once, record the cost."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from rpbind.errors import UserError
from rpbind.ledger import ProteinScore, Row, State, write_atomic
from rpbind.ledger.marks import marked, start_here
from rpbind.metrics import own_metrics, summarise
from rpbind.parts.contents import FOLDER, seek_in
from rpbind.saved.folder import write_model
from rpbind.score_curves import score_curves
from rpbind.train import checkpoint
from rpbind.train.calibration import calibrate, calibrated_metrics
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import DivergedError, Machine
from rpbind.train.model_folder import saved_model
from rpbind.train.probes import probe
from rpbind.train.provenance import cost_of, provenance
from rpbind.train.regions import by_region
from rpbind.train.run_files import checkpoint_file, finished_row, result_file
from rpbind.train.task import Job, Task

Report = Callable[[dict[str, float]], None]
HEADLINE = "validation.auroc_macro"


def train_task(
    task: Task, machine: Machine, executor: str, report: Callable[[dict[str, Any]], None]
) -> None:
    """Train the runs of a task, one after another.

    Parameters
    ----------
    task
        The runs.
    machine
        Device, threads and rank.
    executor
        What runs this process, for provenance: `train`, `direct`, ...
    report
        Called with every epoch's point of the curve, and with every finished row as JSON (`row`).
    """
    seek_in(task.folder.parent / FOLDER)  # the study's copies of the user's own classes
    inputs = _inputs(task.data, task.split, task.recipe.proteins)
    for job in task.jobs:
        name = {"seed": float(job.seed)}

        def report_epoch(point: dict[str, float], name: dict[str, float] = name) -> None:
            report(name | point)

        row = train_run(job, inputs, machine, executor, report_epoch)
        score = row.metrics.get(HEADLINE, math.nan)
        report(name | {HEADLINE: score, "row": row.model_dump_json()})


_inputs = lru_cache(maxsize=1)(Inputs.open)


def train_run(job: Job, inputs: Inputs, machine: Machine, executor: str, report: Report) -> Row:
    """Train one run and return its row, also if the run fails.

    `report` is called inside the loop, with every epoch's point and the seconds trained so far. An
    interrupted run continues after its last complete epoch, and a finished run is not trained
    again, even if it was never reported. A search run never reads the test windows. An exception of
    the run becomes a row with state "failed" and the traceback; one of `report` is raised.
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
        write_atomic(result_file(job), row.model_dump_json().encode())
        checkpoint_file(job).unlink(missing_ok=True)
    return row


def _row_of_run(job: Job, inputs: Inputs, machine: Machine, executor: str, report: Report) -> Row:
    began, cpu_began = time.monotonic(), time.process_time()
    outcome = _Outcome()
    _train_and_score(job, inputs, machine, report, outcome)
    training = outcome.training
    return _row(job, outcome.state, outcome.error).model_copy(
        update={
            "metrics": outcome.metrics,
            "proteins": outcome.proteins,
            "test_curves": outcome.test_curves,
            "curve": tuple(training.curve) if training else (),
            "cost": cost_of(training, time.monotonic() - began, time.process_time() - cpu_began),
            "provenance": inputs.provenance | provenance(machine, executor) | _pieces(training),
        }
    )


@dataclass
class _Outcome:
    """The results of a run so far."""

    state: State = "done"
    error: str = ""
    training: Training | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    proteins: tuple[ProteinScore, ...] = ()
    test_curves: dict[str, list[float]] = field(default_factory=dict)


def _train_and_score(
    job: Job, inputs: Inputs, machine: Machine, report: Report, outcome: _Outcome
) -> None:
    reporting = _Reporter(report)
    try:
        training = outcome.training = _resume(job, inputs, machine)
        for point in training.epochs():
            if machine.rank == 0:
                checkpoint.save(checkpoint_file(job), training.state())
            reporting(point | {"train_seconds": training.train_seconds})
        outcome.metrics, outcome.proteins, outcome.test_curves = _score_best_epoch(job, training)
    except DivergedError as reason:
        outcome.state, outcome.error = "diverged", str(reason)
    except UserError as reason:
        outcome.state, outcome.error = "failed", str(reason)
    except Exception:
        if reporting.raised or machine.world > 1:
            raise  # the other ranks wait for this one, so the whole group must end
        outcome.state, outcome.error = "failed", traceback.format_exc()


def ended_row(job: Job, state: State, error: str) -> Row:
    """Return the row of a run without results: its process died, or it never started.

    Parameters
    ----------
    job
        The run.
    state
        How it ended, such as `lost` or `stopped`.
    error
        Why.

    Returns
    -------
    A row without metrics.
    """
    return _row(job, state, error)


class _Reporter:
    """Calls `report`, and records whether an exception came from there."""

    def __init__(self, report: Report) -> None:
        self.report, self.raised = report, False

    def __call__(self, point: dict[str, float]) -> None:
        try:
            self.report(point)
        except BaseException:
            self.raised = True
            raise


def _resume(job: Job, inputs: Inputs, machine: Machine) -> Training:
    training = Training(job.recipe, job.seed, inputs, machine)
    if checkpoint_file(job).exists():
        state = checkpoint.load(checkpoint_file(job), "Remove it to train from the start.")
        if state["recipe"] != job.recipe.model_dump_json() or state["seed"] != job.seed:
            raise UserError(
                f"{checkpoint_file(job)} is a checkpoint of another recipe or seed; remove it."
            )
        training.load_state(state)
    return training


def _score_best_epoch(
    job: Job, training: Training
) -> tuple[dict[str, float], tuple[ProteinScore, ...], dict[str, list[float]]]:
    """Score the best epoch on validation and, except in a search, on test; save its weights.

    Probes are last, so that no other score depends on them.
    """
    training.restore_best()
    proteins = training.inputs.proteins
    scores = training.score("validation")
    metrics, per_protein = summarise(scores, proteins, "validation")
    metrics |= own_metrics(job.metrics, scores, "validation")
    curves: dict[str, list[float]] = {}
    if job.stage != "search":
        calibration = calibrate(scores)
        on_test = training.score("test")
        tested, each = summarise(on_test, proteins, "test")
        tested |= calibrated_metrics(calibration, on_test, "test")
        tested |= own_metrics(job.metrics, on_test, "test")
        curves = score_curves(on_test, calibration.probability(on_test.logit_N))
        scored = {
            "validation": (scores, metrics, per_protein),
            "test": (on_test, tested, each),
        }
        metrics, per_protein = metrics | tested | by_region(on_test, proteins), per_protein + each
        if training.machine.rank == 0:
            write_model(job.folder / job.run, saved_model(job, training, calibration, scored))
        if job.stage == "ablation":
            probed, probed_proteins = probe(training, on_test)
            metrics, per_protein = metrics | probed, per_protein + probed_proteins
    metrics |= {"best_epoch": training.best_epoch, "epochs": len(training.curve)}
    return metrics, per_protein, curves


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


def _pieces(training: Training | None) -> dict[str, str]:
    """Return the number of pieces per batch: more than 1 if memory was short."""
    return {"pieces": str(training.pieces)} if training else {}
