"""Runs tasks with Ray Tune, and writes their rows to the ledger.

Import it after `environment.prepare`. Tune's own snapshots are never read; a study continues from
its ledger.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune import TuneError

from rpbind.cluster import placement, preflight, start
from rpbind.cluster.placement import SLOT
from rpbind.data.manifest import MANIFEST
from rpbind.errors import is_full_disk
from rpbind.ledger import Ledger
from rpbind.run.environment import worker_environment
from rpbind.run.ledger_callback import LedgerCallback
from rpbind.run.loggers import loggers
from rpbind.run.progress import StudyProgress
from rpbind.run.resources import Resources
from rpbind.run.stop import STOP
from rpbind.run.watchdog import leave_at_once, watched
from rpbind.terminal import phase
from rpbind.train.machine import Machine
from rpbind.train.run import train_task
from rpbind.train.task import Task
from rpbind.train.worker import train_group
from rpbind.verbosity import detail, is_verbose, say

MAX_ATTEMPTS = 3
"""Attempts of a run whose process or node is lost. It continues after its last whole epoch."""


@contextlib.contextmanager
def ray_running(resources: Resources) -> Iterator[None]:
    """Start Ray on this machine, or join the cluster at `address`; leave it at the end.

    A Ray that the user has initialised in this process is used, and stays.
    """
    with STOP.installed():
        try:
            if ray.is_initialized():
                start.use_running(resources.address, dashboard=resources.executor == "train")
            else:
                with phase(
                    f"joining the Ray at {resources.address}"
                    if resources.address
                    else "starting Ray"
                ):
                    _start(resources)
            STOP.install()
            logging.getLogger("ray.tune").setLevel(
                logging.INFO if is_verbose() else logging.CRITICAL
            )
            with watched(lambda: bool(preflight.alive_nodes()), leave_at_once):
                yield
        finally:
            with phase("stopping Ray") if start.CONNECTION.ours else contextlib.nullcontext():
                start.CONNECTION.leave()


def _start(resources: Resources) -> None:
    level = logging.INFO if is_verbose() else logging.ERROR
    common: dict[str, Any] = {"log_to_driver": is_verbose(), "logging_level": level}
    if resources.address is not None:
        start.join(resources.address, runtime_env={"env_vars": worker_environment()}, **common)
        return
    # Ray Train asks the dashboard whether a stopped worker group has ended, and waits for that
    common["include_dashboard"] = resources.executor == "train"
    start.start_local(say, num_cpus=os.cpu_count(), resources={SLOT: 64}, **common)


@contextlib.contextmanager
def ready(resources: Resources, folder: Path, data: Path) -> Iterator[int]:
    """Start Ray, and check that it has what a study needs; yields how many runs fit at once."""
    with ray_running(resources):
        with start.explain_lost_ray(resources.address), phase("checking the storage"):
            slots = at_once(resources)
            say(f"storage   {check_storage(resources, folder, data)}")
        detail(f"executor  {resources.executor}; {slots} runs fit at the same time")
        yield slots


def at_once(resources: Resources) -> int:
    """Return how many runs fit at the same time; `UserError` if not even one fits."""
    driven = resources.executor == "train"
    nodes = preflight.alive_nodes()
    if not nodes:
        leave_at_once()
    return placement.parallel_runs(nodes, resources.share, resources.workers, driven=driven)


def check_storage(resources: Resources, folder: Path, data: Path) -> str:
    """Return a line about the storage; `UserError` if a node of a cluster does not share it."""
    there = [] if _on_our_machine(resources) else preflight.alive_nodes()
    return preflight.check_storage(there, str(folder), [data / MANIFEST])


def run_grid(
    tasks: Sequence[Task], ledger: Ledger, resources: Resources, attempts: int = MAX_ATTEMPTS
) -> None:
    """Run every task once, in order. No scheduler stops runs, because arms must stay paired.

    Runs whose process or node was lost get another attempt when the others have ended.

    Parameters
    ----------
    tasks
        The runs, grouped into Tune trials.
    ledger
        The ledger that gets a row per run.
    resources
        What each run gets, and on which Ray.
    attempts
        How often a lost run may be begun.
    """
    space = {"task": tune.grid_search(list(tasks)), **machine(resources)}
    slots = at_once(resources)
    config = tune.TuneConfig(
        max_concurrent_trials=slots, reuse_actors=resources.executor == "trial"
    )
    left = sum(len(task.seeds) for task in tasks)
    searched = len(ledger.rows("search"))
    record = LedgerCallback(ledger, StudyProgress.of(ledger, searched, left, slots))
    fit(resources, space, config, record)
    if record.lost and record.ended == len(tasks) and attempts > 1 and not STOP.requested:
        if not preflight.alive_nodes():
            leave_at_once()
        run_grid(record.lost, ledger, resources, attempts - 1)


def fit(
    resources: Resources,
    space: dict[str, Any] | None,
    config: tune.TuneConfig,
    record: LedgerCallback,
) -> None:
    """Run Tune until it ends or is stopped; after that, every begun run is in the ledger."""
    store = record.ledger.study / "ray"
    trainable = tune.with_resources(
        _trial if resources.executor == "trial" else train_group, _placement(resources)
    )
    tuner = tune.Tuner(
        trainable,
        param_space=space,
        tune_config=config,
        run_config=tune.RunConfig(
            name=uuid.uuid4().hex,
            storage_path=str(store.resolve()),
            verbose=0,
            callbacks=[record, *loggers(resources.logs, record.ledger.study)],
        ),
    )
    with STOP.fitting():
        try:
            with record.watch:
                tuner.fit()
        except TuneError as error:  # has only the text of an exception in a callback
            if is_full_disk(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        finally:
            record.stopped()
            shutil.rmtree(store, ignore_errors=True)


def _placement(resources: Resources) -> dict[str, float]:
    """Return the resources of a Tune trial; with Ray Train, its workers take those of the run."""
    if resources.executor == "trial":
        return resources.needs
    return {SLOT: 1.0} if SLOT in ray.cluster_resources() else {"CPU": placement.DRIVER_CPU}


def machine(resources: Resources) -> dict[str, Any]:
    """Return the part of a trial's config that describes the machine."""
    return {
        "workers": resources.workers,
        "cpus": resources.cpus,
        "gpus": resources.gpus,
        "one_machine": _on_our_machine(resources),
    }


def _on_our_machine(resources: Resources) -> bool:
    """Whether all processes run on this machine; unknown, so false, for a Ray of the user."""
    return resources.address is None and not start.CONNECTION.is_users


def _trial(config: dict[str, Any]) -> None:
    """Train the runs of a task in the process of the Tune trial."""
    machine = Machine(device="cuda" if config["gpus"] else "cpu", threads=config["cpus"])
    train_task(config["task"], machine, "trial", tune.report)
