"""The files of a run beside its model: the result of a finished run, the checkpoint of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rpbind.ledger import Row
from rpbind.train import checkpoint
from rpbind.train.task import Job


def result_file(job: Job) -> Path:
    """Return the file of a finished run's row, as JSON."""
    return job.folder / f"{job.run}.{job.attempt}.json"


def checkpoint_file(job: Job) -> Path:
    """Return the file of an unfinished run's training state."""
    return job.folder / f"{job.run}.unfinished.pt"


def finished_row(job: Job) -> Row | None:
    """Return the run's result file if the run finished, even if the ledger lacks it.

    Parameters
    ----------
    job
        The run.

    Returns
    -------
    Its row, or None if it did not finish.
    """
    file = result_file(job)
    return Row.model_validate_json(file.read_bytes()) if file.exists() else None


def earlier_epochs(job: Job, reported: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Return the epochs of a resumed run that were trained before the interruption.

    Parameters
    ----------
    job
        The run.
    reported
        The points of the curve that were reported since.

    Returns
    -------
    The points before the first reported one, from the run's checkpoint.
    """
    if not reported or reported[0]["epoch"] == 1 or not checkpoint_file(job).exists():
        return []
    state = checkpoint.load(checkpoint_file(job), "Remove it to train from the start.")
    return [point for point in state["curve"] if point["epoch"] < reported[0]["epoch"]]
