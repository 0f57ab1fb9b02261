"""Records where a call of a study runs: command, commit and its changes, versions, hardware."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from rpbind.findings.environments import Environment, add_environment
from rpbind.terminal import typed_command
from rpbind.train.provenance import changes, commit, hash_of_changes, processor

LONGEST_DIFF = 1_000_000
"""Changes of more letters than this are kept as a hash only."""


def record_environment(study: Path) -> None:
    """Add the environment of this process to those of a study.

    Parameters
    ----------
    study
        The study's folder.
    """
    text = changes()
    add_environment(study, this_environment(), text if len(text) <= LONGEST_DIFF else "")


def this_environment() -> Environment:
    """Return the environment of this process."""
    try:
        installed = version("rpbind")
    except PackageNotFoundError:  # a source tree that was never installed
        installed = ""
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return Environment(
        began=datetime.now(UTC).isoformat(timespec="milliseconds"),
        command=typed_command(),
        rpbind=installed,
        python=platform.python_version(),
        commit=commit(),
        diff=hash_of_changes(),
        platform=platform.platform(),
        processor=processor(),
        cores=_cores(),
        memory=_memory(),
        gpus=tuple(_gpus()),
        packages={name: found[name] for name in sorted(found, key=str.lower) if name},
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 0


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # names that this system does not have
        return 0


def _gpus() -> list[str]:
    import torch

    if not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(each) for each in range(torch.cuda.device_count())]
