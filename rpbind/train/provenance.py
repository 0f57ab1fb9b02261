"""The provenance of a row: code, commit, package versions and machine; and what it cost."""

from __future__ import annotations

import hashlib
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
    return _git("describe", "--always", "--dirty").strip() or "not a git checkout"


@lru_cache(maxsize=1)
def changes() -> str:
    """Return the changes to the package's checkout that are in no commit; "" without any.

    Files that git does not know are not in it; `code_id` covers those that rows depend on.
    """
    return _git("diff", "--no-color", "--no-ext-diff", "HEAD")


def hash_of_changes() -> str:
    """Return the hash of the changes that are in no commit, 12 hex digits; "" without any."""
    return hashlib.sha256(changes().encode()).hexdigest()[:12] if changes() else ""


def _git(*words: str) -> str:
    """Return what git says of the package's checkout; "" without one.

    A package that is installed inside somebody else's checkout is not part of it.
    """
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        for asked in (["ls-files", "--error-unmatch", Path(__file__).name], words):
            ended = subprocess.run([*git, *asked], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return ended.stdout.decode(errors="replace")


@lru_cache(maxsize=1)
def processor() -> str:
    """Return the model of this machine's CPU, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()


def provenance(machine: Machine, executor: str) -> dict[str, str]:
    """Return the provenance of a run except that of its data."""
    return {
        "code": code_id(),
        "rpbind": version("rpbind"),
        "commit": commit(),
        **({"diff": hash_of_changes()} if changes() else {}),
        "python": platform.python_version(),
        "torch": version("torch"),
        "ray": version("ray"),
        "executor": executor,
        "device": machine.device,
        "processor": processor(),
        **({"gpu": torch.cuda.get_device_name()} if machine.device.startswith("cuda") else {}),
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
