"""What is asked before a study begins: one list for a run and for --dry-run, in this one place.

What can be found out without Ray is asked of both at once (`check_asked`, `check_folder`); what a
cluster has to be asked for, both ask by `study.run.ready`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch

from rpbind.cluster.placement import SLOT, Node, at_once, check_free
from rpbind.errors import UserError
from rpbind.files.places import check_place
from rpbind.ledger import Ledger
from rpbind.ledger.calls import calls
from rpbind.run.logger_registry import check_loggers
from rpbind.study.options import RunOptions, check_landing

LONGEST_PATH = 3_500
"""Bytes of a study folder's path: systems take 4,096, and its files come below it."""


def check_asked(asked: RunOptions) -> None:
    """Raise `UserError` where a study could not land, or no run of it could ever be made."""
    where = asked.where
    check_landing(asked.reports, asked.name)
    check_loggers(where.logs)
    if where.address is None:
        at_once([this_machine()], where.share, where.workers, driven=where.executor == "train")
    else:
        from rpbind.cluster.address import check_cluster  # gRPC, which is not needed at home

        check_cluster(where.address)
    if asked.sweep is not None and asked.sweep.config.storage is not None:
        from rpbind.search.database import open_database  # Optuna takes a second to import

        open_database(asked.sweep.config.storage)


def check_folder(folder: Path) -> None:
    """Raise `UserError` where a study cannot be made, or gone on with, in this folder."""
    if len(os.fsencode(folder)) > LONGEST_PATH:
        raise UserError(
            f"The study's folder has a path of {len(os.fsencode(folder)):,} letters, and "
            f"{LONGEST_PATH:,} are possible. Name another --reports."
        )
    for place in (folder, folder / "ledger", folder / "runs"):
        check_place(f"The study {folder}", place)
    Ledger(folder).check_free()
    calls(folder)
    there = next(place for place in (folder, *folder.parents) if place.exists())
    check_free(str(folder), shutil.disk_usage(there).free)


def this_machine() -> Node:
    """Return what a Ray of this machine's own would have: the GPUs are those that torch can use."""
    has = {"CPU": os.cpu_count() or 1, "GPU": torch.cuda.device_count(), SLOT: 64}
    return Node("", "this machine", {name: float(amount) for name, amount in has.items()})
