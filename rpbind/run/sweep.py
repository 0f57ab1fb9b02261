"""Ray Tune runs the trials that the ask/tell loops suggest; several searches run side by side.

Import it after `environment.prepare`. Tune places the trials, delivers their epochs and stops
pruned ones. The state of the searches is in Optuna's storage and the ledger, not in Tune.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from rpbind.analysis.winners import required_runs
from rpbind.cluster import preflight
from rpbind.design.controls import as_arms
from rpbind.design.plan import missing
from rpbind.errors import is_process_lost
from rpbind.ledger import Ledger, Row
from rpbind.run import ray_tune as run
from rpbind.run.ledger_callback import LedgerCallback, why_it_died
from rpbind.run.progress import StudyProgress
from rpbind.run.resources import Resources
from rpbind.run.stop import STOP
from rpbind.run.watchdog import leave_at_once
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.budget import Budget
from rpbind.search.restart import reconcile
from rpbind.search.search import Sweep
from rpbind.search.storage import open_storage, open_study, quiet
from rpbind.search.trials import MAX_CRASHES
from rpbind.train.run import ended_row
from rpbind.train.run_files import earlier_epochs
from rpbind.train.task import Task


def run_searches(template: Task, sweep: Sweep, ledger: Ledger, resources: Resources) -> bool:
    """Run all searches until their trials are made or a budget is spent.

    Trials that the ledger or Optuna's storage has already are not trained again. A trial trains in
    Tune's trial process, unless Ray Train is asked for or a run has several workers.

    Parameters
    ----------
    template
        Task of a trial, without its name, recipe and seeds.
    sweep
        The searches.
    ledger
        Of the study; rows of ended runs are added.
    resources
        What a run gets, and how many run at once.

    Returns
    -------
    False if the searches were stopped before they finished.
    """
    if resources.requested == "auto" and resources.workers == 1:
        resources = replace(resources, requested="trial")
    quiet()
    budget = Budget(sweep.config, ledger.rows("search"))
    loops = open_loops(template, sweep, ledger, run.at_once(resources))
    for loop in loops:
        loop.is_budget_spent = budget.is_spent
    if all(loop.finished for loop in loops):
        return True
    left = sum(loop.left for loop in loops)
    ended = sum(loop.ended for loop in loops)
    record = LedgerCallback(ledger, _progress(sweep, ledger, (ended, left), run.at_once(resources)))
    for loop in loops:
        loop.write_row = partial(_write_repeat, record, loop)
    searcher = OptunaSearcher(loops, run.machine(resources), budget, record)
    # one trial more than fit waits: without a waiting one, Tune ends free processes
    in_process = resources.executor == "trial"
    config = tune.TuneConfig(
        num_samples=left * MAX_CRASHES,  # lost trials start again; the loops decide when to end
        search_alg=searcher,
        scheduler=PrunerScheduler(searcher),
        max_concurrent_trials=run.at_once(resources) + in_process,
        reuse_actors=in_process,
    )
    try:
        run.fit(resources, None, config, record)
    finally:
        for loop in loops:
            loop.stop()
    if STOP.requested:
        return False  # even if a budget is spent: interrupted trials remain to be trained
    finished = all(loop.finished for loop in loops)
    if not finished and searcher.lost and not preflight.alive_nodes():
        leave_at_once()
    return finished


def _write_repeat(record: LedgerCallback, loop: AskTellLoop, row: Row) -> None:
    """Write a repeat's row; one that does not count as a trial adds to the expected rows."""
    if loop.pending[row.arm].is_extra:
        record.watch.expect(1)
    record.keep(row)


def _progress(sweep: Sweep, ledger: Ledger, trials: tuple[int, int], slots: int) -> StudyProgress:
    """Return the progress of a study; `trials` are the numbers of ended and remaining trials."""
    plan, seeds = ledger.plan, sweep.config.seeds_per_trial
    controls = as_arms(plan)
    unnamed = len(required_runs(plan)) - len(plan.planned)
    after = len(missing(plan, ledger)) + unnamed + len(missing(controls, ledger, "control"))
    _, left = trials
    return StudyProgress.of(ledger, sum(trials) * seeds, left * seeds + after, slots)


def open_loops(template: Task, sweep: Sweep, ledger: Ledger, width: int) -> list[AskTellLoop]:
    """Open a loop for every search, in the state that Optuna's storage and the ledger have.

    Each gets an equal share of the `width` trials that run at once, and at least one.
    """
    storage = open_storage(sweep.config.storage, ledger.study)
    rows = ledger.rows("search")
    searches = sweep.searches
    share = max(1, width // len(searches))
    loops = []
    for search in searches:
        study = open_study(storage, search, sweep.config, ledger.study)
        loop = AskTellLoop(search, sweep, study, template, share)
        reconcile(loop, rows)
        loops.append(loop)
    return loops


class OptunaSearcher(Searcher):  # type: ignore[misc]  # Ray ships no types
    """Gives Tune the trials of all loops; each of Tune's trials is a trial of one loop."""

    def __init__(
        self,
        loops: Sequence[AskTellLoop],
        machine: dict[str, Any],
        budget: Budget,
        record: LedgerCallback,
    ) -> None:
        super().__init__()
        self.loops, self.machine = list(loops), machine
        self.budget, self.record = budget, record
        self.running: dict[str, tuple[AskTellLoop, Task]] = {}
        self.lost: set[str] = set()

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the config of the next trial, of the search with the fewest trials so far."""
        for loop in sorted(self.loops, key=lambda loop: loop.made):
            task = loop.ask()
            if task is not None:
                self.running[trial_id] = loop, task
                return {"task": task, **self.machine}
        return self.FINISHED if all(loop.finished for loop in self.loops) else None

    def handle_result(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Give an epoch or a row to its loop; return whether the trial is pruned here."""
        loop, task = self.running[trial_id]
        if "row" in result:
            self._add_row(loop, Row.model_validate_json(result["row"]))
            return False
        if "epoch" not in result or not loop.report(task.arm, _epoch_metrics(result)):
            return False
        self._prune(loop, task, result)
        return True

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Mark a trial as finished, or queue it again if its process died."""
        loop, task = self.running.pop(trial_id)
        if trial_id in self.lost:
            loop.retry_lost(task.arm)
        else:
            loop.finish(task.arm)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Do nothing: `PrunerScheduler` gets all results, and calls `handle_result`."""

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: a search continues from Optuna's storage and the ledger."""

    def restore(self, checkpoint_path: str) -> None:
        """Refuse: a search continues from Optuna's storage and the ledger."""
        raise NotImplementedError("a search continues from its ledger and its storage")

    def _prune(self, loop: AskTellLoop, task: Task, result: dict[str, Any]) -> None:
        """Write the row of a pruned run, with its curve and cost so far."""
        scheduler, pending = loop.sweep.config.scheduler, loop.running[task.arm]
        job = next(job for job in task.jobs if job.seed == pending.watched_seed)
        why = f"pruned by {scheduler} after epoch {result['epoch']:.0f}: others were better"
        row = ended_row(job, "stopped", why).model_copy(
            update={
                "curve": (*earlier_epochs(job, pending.curve), *pending.curve),
                "cost": {
                    "seconds": float(result["time_total_s"]),
                    "train_seconds": float(result["train_seconds"]),
                },
                "provenance": {"stopped_by": scheduler},
            }
        )
        self.record.keep(row)  # first: if writing fails, the trial must not be reported as pruned
        self._add_row(loop, row)
        (job.folder / f"{job.run}.unfinished.pt").unlink(missing_ok=True)

    def _add_row(self, loop: AskTellLoop, row: Row) -> None:
        if row.seed not in loop.running[row.arm].rows:
            self.budget.add(row)
        loop.add_row(row)


class PrunerScheduler(FIFOScheduler):  # type: ignore[misc]  # Ray ships no types
    """A FIFO scheduler that stops a trial when the pruner of its search says so."""

    def __init__(self, searcher: OptunaSearcher) -> None:
        super().__init__()
        self.searcher = searcher

    def on_trial_result(self, controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Give a result to the loops."""
        stop = self.searcher.handle_result(trial.trial_id, result)
        return TrialScheduler.STOP if stop else TrialScheduler.CONTINUE

    def on_trial_error(self, controller: Any, trial: Any) -> None:
        """Note a trial whose process died; Tune calls this before `on_trial_complete`."""
        super().on_trial_error(controller, trial)
        if is_process_lost(why_it_died(trial)):
            self.searcher.lost.add(trial.trial_id)


def _epoch_metrics(result: dict[str, Any]) -> dict[str, float]:
    """Return the epoch's metrics without Tune's own entries."""
    own = ("epoch", "seed", "lr", "grad_norm")
    return {k: float(v) for k, v in result.items() if k in own or k.startswith(("train.", "valid"))}
