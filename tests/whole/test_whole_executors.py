from dataclasses import dataclass
from pathlib import Path

import pytest
from small_study import (
    RECIPES,
    listening,
    no_ray_is_left,
    rows_of,
    small_plan,
    small_source,
    substance,
)

from rpbind.design.source import DataSource
from rpbind.ledger import Ledger, Row
from rpbind.run.resources import Resources
from rpbind.study.launch import launch
from rpbind.study.resume import not_done
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import train_task
from rpbind.train.task import Task

SEEDS = (0, 1)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    return small_source(tmp_path_factory.mktemp("data") / "toy")


@pytest.fixture(scope="module")
def direct(source: DataSource, tmp_path_factory: pytest.TempPathFactory) -> dict[object, object]:
    """The rows of a study whose runs are called one after another, without Ray."""
    study = Ledger(tmp_path_factory.mktemp("direct"))
    folder = study.study / "runs"
    rows = {}
    for name, recipe in RECIPES.items():
        reports: list[dict[str, object]] = []
        seeds = tuple((seed, 0) for seed in SEEDS)
        task = Task(name, recipe, seeds, source.data, source.split, folder)
        train_task(task, Machine(), "direct", reports.append)
        for seed, message in zip(SEEDS, [m for m in reports if "row" in m], strict=True):
            rows[name, seed] = substance(Row.model_validate_json(str(message["row"])))
    return rows


@pytest.mark.parametrize("executor", ["trial", "train"])
def test_every_executor_gives_the_bits_of_a_direct_call(
    executor: str, source: DataSource, direct: dict[object, object], tmp_path: Path
) -> None:
    plan = small_plan(source, RECIPES, SEEDS)
    launch(plan, source, Resources(requested=executor), tmp_path / "study")
    no_ray_is_left()
    assert not_done(plan, Ledger(tmp_path / "study")) == []
    assert rows_of(tmp_path / "study") == direct


@dataclass
class Watched:
    """A study of one run by two workers, and what could be seen of it from outside."""

    study: Path
    listening: set[str]
    home: Path


@pytest.fixture(scope="module")
def two_workers(source: DataSource, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("two")
    plan = small_plan(source, {"conv-residue": RECIPES["conv-residue"]}, (0,))
    (folder / "home").mkdir()
    with pytest.MonkeyPatch.context() as patch, listening() as addresses:
        patch.setenv("HOME", str(folder / "home"))
        launch(plan, source, Resources(workers=2), folder / "study")
    no_ray_is_left()
    return Watched(folder / "study", addresses, folder / "home")


def test_two_workers_train_one_run_and_score_every_window_once(
    source: DataSource, two_workers: Watched
) -> None:
    (row,) = Ledger(two_workers.study).rows()
    assert row.state == "done"
    assert (row.provenance["executor"], row.provenance["workers"]) == ("train", "2")
    inputs = Inputs.open(source.data, source.split, "physchem")
    scored = sum(score.windows for score in row.proteins if score.part == "test")
    assert scored == len(inputs.parts["test"])


def test_every_socket_of_a_study_on_one_machine_listens_on_loopback(two_workers: Watched) -> None:
    assert two_workers.listening
    assert two_workers.listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_a_study_leaves_no_token_in_the_home_folder(two_workers: Watched) -> None:
    assert list(two_workers.home.iterdir()) == []
