"""Searches with repeats that are interrupted, killed at a write, or lose their storage."""

from pathlib import Path

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from toy_repeats import MANY, drawn, finite_sweep, rows, score
from toy_search import drive, make, opened

from rpbind.ledger.trials import was_reused

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize("killed", [True, False])
@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_an_interrupted_search_with_repeats_makes_the_same_trials(
    sampler: str, repeats: str, killed: bool, tmp_path: Path
) -> None:
    sweep = finite_sweep(16, MANY, sampler=sampler, repeats=repeats)
    (loop,) = opened(sweep, tmp_path / "whole")
    drive(loop, tmp_path / "whole", score)
    whole = drawn(loop)
    assert any(first is not None for _, first in whole.values())
    folder = tmp_path / "cut"
    for batches in (1, 2, 3):
        (loop,) = opened(sweep, folder)
        for _ in range(batches):
            for task in [task for _ in range(2) if (task := loop.ask()) is not None]:
                make(loop, task, folder, score)
                loop.finish(task.arm)
        (loop.ask(), loop.ask())  # these two are interrupted
        if not killed:
            loop.stop()
    (loop,) = opened(sweep, folder)
    drive(loop, folder, score)
    assert drawn(loop) == whole
    names = {row.arm: was_reused(row) for row in rows(tmp_path / "whole")}
    assert {row.arm: was_reused(row) for row in rows(folder)} == names
    assert len(rows(folder)) == len(names)


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_a_restored_storage_knows_the_repeats(scheduler: str, tmp_path: Path) -> None:
    sweep = finite_sweep(16, MANY, sampler="random", scheduler=scheduler, repeats="redraw")
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path, score)
    before = drawn(loop)
    (tmp_path / "optuna.journal").unlink()
    (loop,) = opened(sweep, tmp_path)
    assert drawn(loop) == before
    assert loop.made == 16
    assert loop.ask() is None


class Killed(BaseException):
    """Stands for the death of the process."""


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
def test_a_process_that_dies_at_any_write_neither_doubles_a_repeat_nor_loses_a_configuration(
    repeats: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = finite_sweep(8, MANY, sampler="random", repeats=repeats)
    (loop,) = opened(sweep, tmp_path / "whole", width=1)
    drive(loop, tmp_path / "whole", score)
    whole = drawn(loop)
    assert any(first is not None for _, first in whole.values())
    append, left = JournalFileBackend.append_logs, [0]

    def write(self: JournalFileBackend, logs: list[dict[str, object]]) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", write)
    for number in range(3, 300, 9):
        folder, left[0] = tmp_path / str(number), number
        try:
            (loop,) = opened(sweep, folder, width=1)
            drive(loop, folder, score)
        except Killed:
            left[0] = 0
        else:
            break
        (loop,) = opened(sweep, folder, width=1)
        drive(loop, folder, score)
        assert drawn(loop) == whole
        assert sorted(row.arm for row in rows(folder)) == sorted(whole)
    assert number > 30
