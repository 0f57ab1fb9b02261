"""The callback with which Ray Tune writes rows to the ledger and moves the live view."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from ray import tune

from rpbind.errors import is_process_lost
from rpbind.ledger import Ledger, Row
from rpbind.run.progress import StudyProgress
from rpbind.run.stop import STOP
from rpbind.run.watch import Watch
from rpbind.train.run import ended_row
from rpbind.train.run_files import finished_row
from rpbind.train.task import Task


def why_it_died(trial: Any) -> str:
    """Return Ray's message about a Tune trial that ended with an error."""
    file = trial.error_file  # trial.get_error() looks in Tune's storage, which does not have it yet
    return Path(file).read_text() if file else "Ray gave no reason"


class LedgerCallback(tune.Callback):  # type: ignore[misc]  # Ray ships no types
    """Writes every finished run to the ledger, and a row for every run whose trial died."""

    def __init__(self, ledger: Ledger, progress: StudyProgress) -> None:
        self.ledger, self.progress = ledger, progress
        self.watch = Watch(progress)
        self.begun: dict[str, Task] = {}
        self.recorded: set[tuple[str, int]] = set()
        self.lost: list[Task] = []
        self.ended = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the live view, because through a Ray client Tune runs on the head node."""
        return LedgerCallback, (self.ledger, self.progress)

    def on_step_begin(self, iteration: int, trials: Any, **info: Any) -> None:
        STOP.step()

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        task = self.begun[trial.trial_id] = trial.config["task"]
        seeds = [seed for seed, _ in task.seeds]
        self.watch.start_trial(trial.trial_id, task.arm, seeds, task.recipe.train.epochs)

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        if "row" in result:
            self.keep(Row.model_validate_json(result["row"]))
        else:
            self.watch.end_epoch(trial.trial_id, trial.config["task"].arm, result)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        why = why_it_died(trial)
        task = trial.config["task"]
        self._over(trial)
        left = [
            (job.seed, job.attempt + 1)
            for job in task.jobs
            if (job.arm, job.seed) not in self.recorded and finished_row(job) is None
        ]
        if left and is_process_lost(why):
            self.lost.append(replace(task, seeds=tuple(left)))
        self._close(task, "failed", f"the trial died: {why}")

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._over(trial)

    def stopped(self) -> None:
        """Record the runs that have begun and not ended."""
        for task in self.begun.values():
            self._close(task, "stopped", "the study was stopped while this run was under way")

    def _over(self, trial: Any) -> None:
        self.ended += 1
        self.watch.end_trial(trial.trial_id)

    def _close(self, task: Task, state: Literal["failed", "stopped"], why: str) -> None:
        for job in task.jobs:
            if (job.arm, job.seed) not in self.recorded:
                self.keep(finished_row(job) or ended_row(job, state, why))

    def keep(self, row: Row) -> None:
        """Write a row once, and show it."""
        self.recorded.add((row.arm, row.seed))
        if self.ledger.append(row):
            self.watch.add_row(row)
            self.ledger.merge()
