"""Checks before a study begins, the same for a run and for --dry-run.

The checks here need no Ray. Both modes then check the cluster with `rpbind.run.ray_tune.ready`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch

from rpbind.cluster.placement import SLOT, Node, check_free, parallel_runs
from rpbind.errors import UserError
from rpbind.files.places import check_place
from rpbind.ledger import Ledger
from rpbind.ledger.calls import calls
from rpbind.run.logger_registry import check_loggers
from rpbind.study.options import RunOptions, check_destination

LONGEST_PATH = 3_500
"""Bytes of a study folder's path. Systems allow 4,096, and its files have longer paths."""


def check_options(options: RunOptions) -> None:
    """Check folder, loggers, machine or cluster, and Optuna storage; `UserError` on a bad one.

    Parameters
    ----------
    options
        How the study is run.
    """
    resources = options.resources
    check_destination(options.reports, options.name)
    check_loggers(resources.logs)
    if resources.address is None:
        parallel_runs(
            [this_machine()],
            resources.share,
            resources.workers,
            driven=resources.executor == "train",
        )
    else:
        from rpbind.cluster.address import check_cluster  # imports gRPC, which only clusters need

        check_cluster(resources.address)
    if options.sweep is not None and options.sweep.config.storage is not None:
        from rpbind.search.database import open_database  # importing Optuna takes a second

        open_database(options.sweep.config.storage)


def check_folder(folder: Path) -> None:
    """Check that a study can be begun or continued in a folder.

    Parameters
    ----------
    folder
        The folder of the study.

    Raises
    ------
    UserError
        If its path is too long, if it cannot be written, if another process is running the study,
        or if the disk is full.
    """
    if len(os.fsencode(folder)) > LONGEST_PATH:
        raise UserError(
            f"The path of the study's folder has {len(os.fsencode(folder)):,} bytes, and at most "
            f"{LONGEST_PATH:,} are possible. Use another --reports."
        )
    for place in (folder, folder / "ledger", folder / "runs"):
        check_place(f"The study {folder}", place)
    Ledger(folder).check_free()
    calls(folder)
    there = next(place for place in (folder, *folder.parents) if place.exists())
    check_free(str(folder), shutil.disk_usage(there).free)


def this_machine() -> Node:
    """Return the resources of Ray on this machine: all CPUs, and the GPUs that torch can use."""
    has = {"CPU": os.cpu_count() or 1, "GPU": torch.cuda.device_count(), SLOT: 64}
    return Node("", "this machine", {name: float(amount) for name, amount in has.items()})
