"""The room that knows Ray Tune: tasks in, rows in the ledger out.

Import it after `environment.prepare`. The ledger is the truth; Tune's own snapshots are not read.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import ray
from ray import tune
from ray.tune import TuneError
from rich.console import Console

from rpbind.cluster import placement, preflight, start
from rpbind.cluster.placement import SLOT
from rpbind.data.manifest import MANIFEST
from rpbind.errors import is_full_disk, is_process_lost
from rpbind.ledger import Ledger, Row
from rpbind.run.environment import of_workers
from rpbind.run.loggers import loggers
from rpbind.run.progress import StudyProgress
from rpbind.run.resources import Resources
from rpbind.run.stop import STOP
from rpbind.run.watch import Watch
from rpbind.run.watchdog import leave_at_once, watched
from rpbind.terminal import PLAIN, phase
from rpbind.train.machine import Machine
from rpbind.train.run import ended_row, finished_row, train_task
from rpbind.train.task import Task
from rpbind.train.worker import train_group

LIVES = 3
"""How often a run is begun whose process or node is lost; it goes on after its last whole epoch."""


@contextlib.contextmanager
def ray_running(where: Resources) -> Iterator[None]:
    """Start a Ray of this machine's own, or join the cluster at `address`; leave it at the end."""
    with STOP.heeded():
        try:
            with phase(f"joining the Ray at {where.address}" if where.address else "starting Ray"):
                _start(where)
            STOP.heed()
            logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
            with watched(lambda: bool(preflight.nodes()), leave_at_once):
                yield
        finally:
            with phase("stopping Ray") if ray.is_initialized() else contextlib.nullcontext():
                ray.shutdown()


def _start(where: Resources) -> None:
    common: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if where.address is not None:
        start.join(where.address, runtime_env={"env_vars": of_workers()}, **common)
        return
    # Ray Train asks the dashboard whether a stopped group is gone; without it, it waits forever
    common["include_dashboard"] = where.executor == "train"
    start.start_here(_say, num_cpus=os.cpu_count(), resources={SLOT: 64}, **common)


def _say(sentence: str) -> None:
    Console(stderr=True).print(sentence, **PLAIN)


@contextlib.contextmanager
def ready(where: Resources, folder: Path, data: Path) -> Iterator[int]:
    """Have Ray running, and asked for what a study needs of it; gives how many runs fit at once."""
    with ray_running(where):
        with start.answering(where.address), phase("looking at the storage"):
            slots = at_once(where)
            _say(f"storage   {check_storage(where, folder, data)}")
        yield slots


def at_once(where: Resources) -> int:
    """Return how many runs fit at the same time; `UserError` where not even one ever will."""
    driven = where.executor == "train"
    nodes = preflight.nodes()
    if not nodes:
        leave_at_once()
    return placement.at_once(nodes, where.share, where.workers, driven=driven)


def check_storage(where: Resources, folder: Path, data: Path) -> str:
    """Say what storage a study has; on a cluster, `UserError` where a node does not share it."""
    there = preflight.nodes() if where.address is not None else []
    return preflight.check_storage(there, str(folder), [data / MANIFEST])


def run_grid(tasks: Sequence[Task], ledger: Ledger, where: Resources, lives: int = LIVES) -> None:
    """Run every task once, first come first served: stopping by arrival order would unpair arms.

    Runs whose process or node was lost are begun again when the others have ended.
    """
    space = {"task": tune.grid_search(list(tasks)), **machine(where)}
    slots = at_once(where)
    config = tune.TuneConfig(max_concurrent_trials=slots, reuse_actors=where.executor == "trial")
    left = sum(len(task.seeds) for task in tasks)
    searched = len(ledger.rows("search"))
    record = LedgerCallback(ledger, StudyProgress.of(ledger, searched, left, slots))
    fit(where, space, config, record)
    if record.lost and record.ended == len(tasks) and lives > 1 and not STOP.asked:
        if not preflight.nodes():
            leave_at_once()
        run_grid(record.lost, ledger, where, lives - 1)


def why_it_died(trial: Any) -> str:
    """Return what Ray says of a Tune trial that ended in an error."""
    file = trial.error_file  # not in Tune's storage yet, where trial.get_error() would look
    return Path(file).read_text() if file else "Ray gave no reason"


class LedgerCallback(tune.Callback):  # type: ignore[misc]  # Ray ships no types
    """Writes every finished run to the ledger, and a row for every run whose trial died."""

    def __init__(self, ledger: Ledger, progress: StudyProgress) -> None:
        self.ledger, self.progress = ledger, progress
        self.watch = Watch(progress)
        self.begun: dict[str, Task] = {}
        self.heard: set[tuple[str, int]] = set()
        self.lost: list[Task] = []
        self.ended = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled without what is shown: through a Ray client, Tune runs on the head node."""
        return LedgerCallback, (self.ledger, self.progress)

    def on_step_begin(self, iteration: int, trials: Any, **info: Any) -> None:
        STOP.step()

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        task = self.begun[trial.trial_id] = trial.config["task"]
        seeds = [seed for seed, _ in task.seeds]
        self.watch.begun(trial.trial_id, task.arm, seeds, task.recipe.train.epochs)

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        if "row" in result:
            self.keep(Row.model_validate_json(result["row"]))
        else:
            self.watch.epoch(trial.trial_id, trial.config["task"].arm, result)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        why = why_it_died(trial)
        task = trial.config["task"]
        self._over(trial)
        left = [
            (job.seed, job.attempt + 1)
            for job in task.jobs
            if (job.arm, job.seed) not in self.heard and finished_row(job) is None
        ]
        if left and is_process_lost(why):
            self.lost.append(replace(task, seeds=tuple(left)))
        self._close(task, "failed", f"the trial died: {why}")

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._over(trial)

    def stopped(self) -> None:
        """Record the runs that were begun and have not ended."""
        for task in self.begun.values():
            self._close(task, "stopped", "the study was stopped while this run was under way")

    def _over(self, trial: Any) -> None:
        self.ended += 1
        self.watch.over(trial.trial_id)

    def _close(self, task: Task, state: Literal["failed", "stopped"], why: str) -> None:
        for job in task.jobs:
            if (job.arm, job.seed) not in self.heard:
                self.keep(finished_row(job) or ended_row(job, state, why))

    def keep(self, row: Row) -> None:
        """Write a row, once."""
        self.heard.add((row.arm, row.seed))
        if self.ledger.append(row):
            self.watch.row(row)
            self.ledger.merge()


def fit(
    where: Resources, space: dict[str, Any] | None, config: tune.TuneConfig, record: LedgerCallback
) -> None:
    """Run Tune until it ends or is stopped; every run that has begun is in the ledger then."""
    store = record.ledger.study / "ray"
    trainable = tune.with_resources(
        _trial if where.executor == "trial" else train_group, _placement(where)
    )
    tuner = tune.Tuner(
        trainable,
        param_space=space,
        tune_config=config,
        run_config=tune.RunConfig(
            name=uuid.uuid4().hex,
            storage_path=str(store.resolve()),
            verbose=0,
            callbacks=[record, *loggers(where.logs, record.ledger.study)],
        ),
    )
    with STOP.fitting():
        try:
            with record.watch:
                tuner.fit()
        except TuneError as error:  # has the text of what a callback raised, and not the exception
            if is_full_disk(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        finally:
            record.stopped()
            shutil.rmtree(store, ignore_errors=True)


def _placement(where: Resources) -> dict[str, float]:
    """Return what a trial takes: its run's share, or a slot where a worker group takes that."""
    if where.executor == "trial":
        return where.needs
    return {SLOT: 1.0} if SLOT in ray.cluster_resources() else {"CPU": placement.DRIVER}


def machine(where: Resources) -> dict[str, Any]:
    """Return what a trial's config says of the machine."""
    one_machine = where.address is None
    return {
        "workers": where.workers,
        "cpus": where.cpus,
        "gpus": where.gpus,
        "one_machine": one_machine,
    }


def _trial(config: dict[str, Any]) -> None:
    """Make a task's runs in the trial's own process."""
    machine = Machine(device="cuda" if config["gpus"] else "cpu", threads=config["cpus"])
    train_task(config["task"], machine, "trial", tune.report)
