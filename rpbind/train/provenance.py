"""The provenance of a row: code, commit, package versions and machine; and what it cost."""

from __future__ import annotations

import math
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import torch

from rpbind.train.code import code_id
from rpbind.train.loop import Training
from rpbind.train.machine import Machine


@lru_cache(maxsize=1)
def commit() -> str:
    """Return the git commit of the package's checkout, or a note that there is none."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return described.stdout.strip()


def provenance(machine: Machine, executor: str) -> dict[str, str]:
    """Return the provenance of a run except that of its data."""
    return {
        "code": code_id(),
        "rpbind": version("rpbind"),
        "commit": commit(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "ray": version("ray"),
        "executor": executor,
        "device": machine.device,
        "threads": str(machine.threads),
        "workers": str(machine.world),
    }


def cost_of(training: Training | None, seconds: float, cpu_seconds: float) -> dict[str, float]:
    """Return seconds and counts; `train_seconds` is that of epochs, without opening and testing.

    `cpu_seconds` is that of all threads of the run's process (its first one, if it has several).
    """
    spent = {"seconds": seconds, "cpu_seconds": cpu_seconds}
    if training is None:
        return spent
    windows = training.windows_seen
    rate = windows / training.train_seconds if training.train_seconds else math.nan
    cost = {
        **spent,
        "train_seconds": training.train_seconds,
        "windows_per_second": rate,
        "parameters": float(sum(p.numel() for p in training.model.parameters())),
        "micro_batch": float(training.micro_batch),
    }
    if training.machine.device.startswith("cuda"):
        cost["gpu_memory"] = float(torch.cuda.max_memory_reserved())
    return {k: v for k, v in cost.items() if math.isfinite(v)}
