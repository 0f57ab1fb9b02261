"""Ray Train: one worker group trains all seeds of a recipe.

The group runs inside a Tune trial, which only drives it. Starting a group takes 10-12 s, and each
report takes one poll of Ray's controller (0.05 s as set in `run/environment.py`).
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray import train, tune
from ray.train.backend import Backend
from ray.train.collective import broadcast_from_rank_zero
from ray.train.torch import TorchConfig, TorchTrainer, get_device
from ray.tune.integration.ray_train import TuneReportCallback
from torch import distributed

from rpbind.train.machine import Machine
from rpbind.train.run import train_task
from rpbind.train.task import Task


def train_group(config: dict[str, Any]) -> None:
    """Drive one worker group from a Tune trial.

    A worker that dies is replaced once; its run continues after the last complete epoch.

    Parameters
    ----------
    config
        `task` (a Task), `workers` (their number), `cpus` and `gpus` (per worker), and `one_machine`
        (whether all workers are on this machine).
    """
    task: Task = config["task"]
    gpus = config["gpus"]
    group = OneMachineConfig if config["one_machine"] else TorchConfig
    TorchTrainer(
        _work,
        train_loop_config=config,
        torch_config=group(backend=_backend(gpus)),
        scaling_config=train.ScalingConfig(
            num_workers=config["workers"],
            use_gpu=gpus > 0,
            resources_per_worker={"CPU": config["cpus"]} | ({"GPU": gpus} if gpus else {}),
        ),
        run_config=train.RunConfig(
            name=f"train_{tune.get_context().get_trial_id()}",
            storage_path=str(_scratch(task)),
            callbacks=[TuneReportCallback()],
            failure_config=train.FailureConfig(max_failures=1, controller_failure_limit=3),
        ),
    ).fit()


def _work(config: dict[str, Any]) -> None:
    context = train.get_context()
    machine = Machine(
        device=str(get_device()),
        threads=config["cpus"],
        rank=context.get_world_rank(),
        world=context.get_world_size(),
    )
    task: Task = config["task"]
    group: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if config["one_machine"] and machine.world > 1:
        group = joined_process_group(_scratch(task), machine, _backend(config["gpus"]))
    with group:
        train_task(task, machine, "train", train.report)


def _scratch(task: Task) -> Path:
    """Return the folder of Ray's files for a study; it is removed at the end."""
    return task.folder.parent / "ray"


def _backend(gpus: float) -> str:
    return "nccl" if gpus >= 1 else "gloo"


class _BackendWithoutStore(Backend):  # type: ignore[misc]  # Ray ships no types
    share_cuda_visible_devices = True


@dataclass
class OneMachineConfig(TorchConfig):  # type: ignore[misc]
    """Workers that find each other through a file: torch's TCP store listens on all interfaces."""

    @property
    def backend_cls(self) -> type[Backend]:
        """Ray's torch backend without the TCP store."""
        return _BackendWithoutStore


@contextlib.contextmanager
def joined_process_group(folder: Path, machine: Machine, backend: str) -> Iterator[None]:
    """Join the process group of this machine's workers through a new file in `folder`.

    The file is not removed: the last rank to leave would abort without it.
    """
    file = folder / broadcast_from_rank_zero(f"meeting-{uuid.uuid4().hex}")
    distributed.init_process_group(
        backend, init_method=file.as_uri(), rank=machine.rank, world_size=machine.world
    )
    try:
        yield
    finally:
        distributed.destroy_process_group()
