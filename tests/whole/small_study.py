"""A tiny simulated study that the Ray tests run, and the rows that it leaves."""

import contextlib
import importlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger, Plan, Row
from rpbind.ledger.repair import repair_study
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.train.run import train_task
from rpbind.train.task import Task

SMALL = {"train.epochs": 2, "train.batch_size": 16}
RECIPES = {
    "old": narrowed(OLD, 16).with_(SMALL),
    "fixed": narrowed(FIXED, 16).with_(SMALL),
    "conv-residue": narrowed(CONV_RESIDUE, 8).with_(SMALL),
}


def small_source(folder: Path) -> DataSource:
    dataset = simulate(folder, World(proteins=4, sites=20, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)
    return DataSource(OpenData(folder), SplitSpec())


def small_plan(source: DataSource, arms: dict[str, object], seeds: tuple[int, ...]) -> Plan:
    design = Design("toy", tuple(arm(name, r, "") for name, r in arms.items()), ())  # type: ignore[arg-type]
    return make_plan("toy", Question("?", "!", "."), design, seeds, source)


def substance(row: Row) -> dict[str, object]:
    """What must be the same bits however a run was made: all but times and places."""
    kept = row.model_dump(exclude={"cost", "provenance", "ended"})
    return kept | {"parameters": row.cost["parameters"]}


def called_directly(
    source: DataSource, arms: Mapping[str, Recipe], seeds: Sequence[int], study: Path
) -> Ledger:
    """The ledger of runs that are called one after another, without Ray."""
    direct = Ledger(study)
    for name, recipe in arms.items():
        pairs = tuple((seed, 0) for seed in seeds)
        task = Task(name, recipe, pairs, source.data, source.split, direct.runs)
        train_task(task, Machine(), "direct", lambda message: None)
    repair_study(direct)  # takes in the rows that the runs have left
    return direct


def rows_of(study: Path) -> dict[tuple[str, int], dict[str, object]]:
    return {(row.arm, row.seed): substance(row) for row in Ledger(study).rows()}


def no_ray_is_left() -> None:
    import ray

    if ray.is_initialized():
        ray.shutdown()
        pytest.fail("a Ray instance was left running")


@contextlib.contextmanager
def listening() -> Iterator[set[str]]:
    """Collect the addresses on which this process and its descendants listen meanwhile."""
    import rpbind.run.ray_tune  # noqa: F401  # Ray, which brings psutil along

    psutil = importlib.import_module("psutil")
    addresses: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1.0):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    for each in process.net_connections("inet"):
                        if each.status == psutil.CONN_LISTEN:
                            addresses.add(each.laddr.ip)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield addresses
    finally:
        over.set()
        thread.join()
