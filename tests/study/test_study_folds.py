"""A study over folds that was interrupted goes on with the folds that are missing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from toy_ledger import plan, row

from rpbind.ledger import Ledger
from rpbind.split_spec import SplitSpec
from rpbind.study.launch import tasks_of

FOLDS = SplitSpec("folds", folds=3)
SOURCE: Any = SimpleNamespace(data=Path("data"), split=FOLDS)


def begun(folder: Path) -> Ledger:
    """Two repeats of three folds; seed 1 of the arm old is done, on its fold."""
    ledger = Ledger(folder)
    ledger.begin(plan(tuple(range(6)), split="folds3_neg-as-given 0123456789ab"))
    split = "fold1of3_seed0_neg-as-given ba9876543210"
    ledger.append(row("old", 1, provenance={"split": split}))
    return ledger


def test_only_missing_folds_are_trained_each_with_its_own_split(tmp_path: Path) -> None:
    ledger = begun(tmp_path / "study")
    tasks = tasks_of(ledger.plan, ledger, SOURCE, together=False)
    assert sorted((task.arm, task.jobs[0].seed) for task in tasks) == [
        *(("new", seed) for seed in range(6)),
        *(("old", seed) for seed in (0, 2, 3, 4, 5)),
    ]
    for task in tasks:
        seed = task.jobs[0].seed
        assert task.split == SplitSpec("folds", seed=seed // 3, folds=3, fold=seed % 3)


def test_runs_of_different_folds_are_never_in_one_task(tmp_path: Path) -> None:
    ledger = begun(tmp_path / "study")
    tasks = tasks_of(ledger.plan, ledger, SOURCE, together=True)
    assert all(task.split == FOLDS.of_run(job.seed) for task in tasks for job in task.jobs)
    saved: Any = SimpleNamespace(data=Path("data"), split=SplitSpec("folds", name="fold", folds=3))
    packs = [
        [job.seed for job in task.jobs]
        for task in tasks_of(ledger.plan, ledger, saved, together=True)
        if task.arm == "new"
    ]
    assert packs == [[0, 3], [1, 4], [2, 5]]  # repeats of a saved fold share its windows
