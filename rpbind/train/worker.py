"""The room that knows Ray Train: one worker group trains all seeds of a recipe.

It runs inside a Tune trial, which only drives it. Starting a group costs 10-12 s, a report one poll
of Ray's controller (0.1 s as `study/environment.py` sets it).
"""

from __future__ import annotations

from typing import Any

from ray import train, tune
from ray.train.torch import TorchConfig, TorchTrainer, get_device
from ray.tune.integration.ray_train import TuneReportCallback

from rpbind.train.loop import Machine
from rpbind.train.run import train_task
from rpbind.train.task import Task


def train_group(config: dict[str, Any]) -> None:
    """Drive one worker group from a Tune trial; `config` has `task`, `workers`, `cpus`, `gpus`.

    A worker that dies is replaced once; every run goes on after its last whole epoch.
    """
    task: Task = config["task"]
    gpus = config["gpus"]
    TorchTrainer(
        _work,
        train_loop_config=config,
        torch_config=TorchConfig(backend="nccl" if gpus >= 1 else "gloo"),
        scaling_config=train.ScalingConfig(
            num_workers=config["workers"],
            use_gpu=gpus > 0,
            resources_per_worker={"CPU": config["cpus"]} | ({"GPU": gpus} if gpus else {}),
        ),
        run_config=train.RunConfig(
            name=f"train_{tune.get_context().get_trial_id()}",
            storage_path=str(task.folder.parent / "ray"),
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
    train_task(config["task"], machine, "train", train.report)
