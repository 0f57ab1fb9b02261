"""The room in which Ray Tune makes what Optuna asks for: searches side by side, rows in the ledger.

Import it after `environment.prepare`. Tune gives trials their place, hands epochs on from inside
the loop, and stops what is pruned; what was asked and told is in Optuna's storage and the ledger.
"""

from __future__ import annotations

import time
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
from rpbind.ledger.trials import was_reused
from rpbind.run import ray_tune as run
from rpbind.run.ledger_callback import LedgerCallback, why_it_died
from rpbind.run.progress import StudyProgress
from rpbind.run.resources import Resources
from rpbind.run.stop import STOP
from rpbind.run.watchdog import leave_at_once
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.restart import reconcile
from rpbind.search.search import Sweep
from rpbind.search.storage import open_storage, open_study, quiet
from rpbind.search.trials import MAX_CRASHES
from rpbind.train.run import earlier_epochs, ended_row
from rpbind.train.task import Task


def run_searches(template: Task, sweep: Sweep, ledger: Ledger, where: Resources) -> bool:
    """Search in all lanes until their trials are made or a budget is spent; False if stopped.

    What the ledger and Optuna's storage hold already is not made again. Trials run in the Tune
    trial's process unless Ray Train is asked for or needed.
    """
    if where.requested == "auto" and where.workers == 1:
        where = replace(where, requested="trial")
    quiet()
    budget = Budget(sweep.config, ledger.rows("search"))
    loops = open_loops(template, sweep, ledger, run.at_once(where))
    for loop in loops:
        loop.is_budget_spent = budget.over
    if all(loop.finished for loop in loops):
        return True
    left = sum(loop.left for loop in loops)
    ended = sum(loop.ended for loop in loops)
    record = LedgerCallback(ledger, _progress(sweep, ledger, (ended, left), run.at_once(where)))
    for loop in loops:
        loop.write_row = partial(_keep_repeat, record, loop)
    asking = OptunaSearcher(loops, run.machine(where), budget, record)
    # one trial more than fit, which waits: without one, Tune ends a process that is free
    in_process = where.executor == "trial"
    config = tune.TuneConfig(
        num_samples=left * MAX_CRASHES,  # one that is lost is begun again; the searches end it
        search_alg=asking,
        scheduler=PrunerScheduler(asking),
        max_concurrent_trials=run.at_once(where) + in_process,
        reuse_actors=in_process,
    )
    try:
        run.fit(where, None, config, record)
    finally:
        for loop in loops:
            loop.stop()
    if STOP.requested:
        return False  # even where a budget is spent: what was interrupted is to be made yet
    finished = all(loop.finished for loop in loops)
    if not finished and asking.lost and not preflight.nodes():
        leave_at_once()
    return finished


def _keep_repeat(record: LedgerCallback, loop: AskTellLoop, row: Row) -> None:
    """Write a repeat's row, which is one more where as many trials as before it are left."""
    if loop.pending[row.arm].is_extra:
        record.watch.expect(1)
    record.keep(row)


def _progress(sweep: Sweep, ledger: Ledger, trials: tuple[int, int], slots: int) -> StudyProgress:
    """Return the progress of a study of whose trials so many have ended and are left."""
    plan, seeds = ledger.plan, sweep.config.seeds_per_trial
    controls = as_arms(plan)
    unnamed = len(required_runs(plan)) - len(plan.planned)
    after = len(missing(plan, ledger)) + unnamed + len(missing(controls, ledger, "control"))
    _, left = trials
    return StudyProgress.of(ledger, sum(trials) * seeds, left * seeds + after, slots)


def open_loops(template: Task, sweep: Sweep, ledger: Ledger, width: int) -> list[AskTellLoop]:
    """Return every lane's search as the storage and the ledger say that it stands.

    Where there are many, each is given its share of the `width` trials that fit at once.
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


class Budget:
    """What has been spent of a search's minutes and training seconds."""

    def __init__(self, config: SearchConfig, rows: Sequence[Row]) -> None:
        self.config, self.began = config, time.monotonic()
        self.trained = sum(map(seconds, rows))

    def add(self, row: Row) -> None:
        """Count a row that has come in."""
        self.trained += seconds(row)

    def over(self) -> bool:
        """Whether a budget is spent: no further trial is begun."""
        minutes, most = self.config.minutes, self.config.train_seconds
        late = minutes is not None and time.monotonic() - self.began >= 60 * minutes
        return late or (most is not None and self.trained >= most)


def seconds(row: Row) -> float:
    """Return the seconds that a run trained; of one that never ended, none are known."""
    return 0.0 if was_reused(row) else row.cost.get("train_seconds", 0.0)


class OptunaSearcher(Searcher):  # type: ignore[misc]  # Ray ships no types
    """Tune's side of all searches: each of Tune's trials is the trial of one of them."""

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
        self.begun: dict[str, tuple[AskTellLoop, Task]] = {}
        self.lost: set[str] = set()

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the config of the next trial, of the search that is furthest behind."""
        for loop in sorted(self.loops, key=lambda s: s.made):
            task = loop.ask()
            if task is not None:
                self.begun[trial_id] = loop, task
                return {"task": task, **self.machine}
        return self.FINISHED if all(loop.finished for loop in self.loops) else None

    def stops(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Hand an epoch, or a seed's row, to its search; True where the trial is to be stopped."""
        loop, task = self.begun[trial_id]
        if "row" in result:
            self._keep(loop, Row.model_validate_json(result["row"]))
            return False
        if "epoch" not in result or not loop.report(task.arm, _point(result)):
            return False
        self._prune(loop, task, result)
        return True

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell the search that a trial has ended, however."""
        loop, task = self.begun.pop(trial_id)
        if trial_id in self.lost:
            loop.retry_lost(task.arm)
        else:
            loop.finish(task.arm)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Results come by way of `PrunerScheduler`, which hears of all of them."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing of Tune's is read again."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing of Tune's is read again."""
        raise NotImplementedError("a search goes on from its ledger and its storage")

    def _prune(self, loop: AskTellLoop, task: Task, result: dict[str, Any]) -> None:
        """Write the row of a pruned run: stopped, by whom, and how far it came."""
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
        self.record.keep(row)  # first: where it fails, the trial is not told as pruned
        self._keep(loop, row)
        (job.folder / f"{job.run}.unfinished.pt").unlink(missing_ok=True)

    def _keep(self, loop: AskTellLoop, row: Row) -> None:
        if row.seed not in loop.running[row.arm].rows:
            self.budget.add(row)
        loop.add_row(row)


class PrunerScheduler(FIFOScheduler):  # type: ignore[misc]  # Ray ships no types
    """First come, first served; a trial that its search's pruner gives up is stopped."""

    def __init__(self, asking: OptunaSearcher) -> None:
        super().__init__()
        self.asking = asking

    def on_trial_result(self, controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Hand every result to the searches."""
        stop = self.asking.stops(trial.trial_id, result)
        return TrialScheduler.STOP if stop else TrialScheduler.CONTINUE

    def on_trial_error(self, controller: Any, trial: Any) -> None:
        """Tell a trial whose process or node is gone from one that failed; Tune asks us first."""
        super().on_trial_error(controller, trial)
        if is_process_lost(why_it_died(trial)):
            self.asking.lost.add(trial.trial_id)


def _point(result: dict[str, Any]) -> dict[str, float]:
    """The epoch's own numbers, without what Tune adds."""
    own = ("epoch", "seed", "lr", "grad_norm")
    return {k: float(v) for k, v in result.items() if k in own or k.startswith(("train.", "valid"))}
