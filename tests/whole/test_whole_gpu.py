"""Whole studies whose runs take a GPU or a part of one. Skipped, with a message, without one."""

from pathlib import Path

import pytest
import torch
from small_study import RECIPES, no_ray_is_left, small_plan, small_source

from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.run.resources import Resources
from rpbind.study.launch import launch
from rpbind.study.resume import not_done

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    return small_source(tmp_path_factory.mktemp("data") / "toy")


@pytest.mark.parametrize(
    ("where", "executor"),
    [
        (Resources(gpus=0.25, requested="trial"), "trial"),
        (Resources(gpus=0.25), "train"),
        (Resources(gpus=1.0), "train"),
        (Resources(gpus=0.5, workers=2), "train"),
    ],
    ids=["a quarter in the trial", "a quarter by Ray Train", "a whole GPU", "two workers on one"],
)
def test_runs_use_the_requested_gpu(
    where: Resources, executor: str, source: DataSource, tmp_path: Path
) -> None:
    arms = RECIPES if executor == "trial" else {"conv-residue": RECIPES["conv-residue"]}
    plan = small_plan(source, arms, (0, 1))
    launch(plan, source, where, tmp_path / "study")
    no_ray_is_left()
    rows = Ledger(tmp_path / "study").rows()
    assert not_done(plan, Ledger(tmp_path / "study")) == [], [row.error for row in rows]
    made = {(r.provenance["executor"], r.provenance["device"].split(":")[0]) for r in rows}
    assert made == {(executor, "cuda")}


def test_more_gpus_than_there_are_is_an_error_before_anything_is_queued(
    source: DataSource, tmp_path: Path
) -> None:
    plan = small_plan(source, RECIPES, (0,))
    with pytest.raises(UserError, match="One run needs 1 CPU and 512 GPU on one node"):
        launch(plan, source, Resources(gpus=512.0), tmp_path / "study")
    no_ray_is_left()
