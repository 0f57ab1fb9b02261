"""Searches whose process dies at a bad moment, and how the next process continues."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from full_disk import files_of_at_most
from optuna.storages.journal import JournalFileBackend
from toy_search import best_at_a_thousandth, drive, make, opened, row, toy_sweep

from rpbind.ledger import Ledger, write_atomic
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.trials import INTERRUPTED
from rpbind.train.task import Task

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Killed(BaseException):
    """Stands for the death of the process."""


@contextmanager
def killed_at_write(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Raise `Killed` instead of write `number` (from 0) to Optuna's journal; yield the writes."""
    written: list[int] = []
    append = JournalFileBackend.append_logs

    def write(self: JournalFileBackend, logs: Any) -> None:
        if len(written) == number:
            raise Killed
        written.append(len(written))
        append(self, logs)

    with monkeypatch.context() as patch:
        patch.setattr(JournalFileBackend, "append_logs", write)
        yield written


def trials(loop: AskTellLoop) -> list[optuna.trial.FrozenTrial]:
    return loop.study.get_trials(deepcopy=False)


def states(loop: AskTellLoop) -> set[str]:
    return {trial.state.name for trial in trials(loop)}


def drawn(loop: AskTellLoop) -> dict[str, dict[str, object]]:
    return {t.user_attrs["arm"]: t.params for t in trials(loop) if not cut_off(t)}


def cut_off(trial: optuna.trial.FrozenTrial) -> bool:
    return INTERRUPTED in trial.user_attrs


def next_tasks(loop: AskTellLoop, count: int) -> list[Task]:
    tasks = [loop.ask() for _ in range(count)]
    assert None not in tasks
    return [task for task in tasks if task is not None]


def epoch(loop: AskTellLoop, task: Task, number: int, value: float, seed: int = 1000) -> bool:
    point = {"seed": float(seed), "epoch": float(number), "validation.auroc_macro": value}
    return loop.report(task.arm, point)


@pytest.mark.parametrize("scheduler", ["none", "asha"])
@pytest.mark.parametrize("dies_in", ["stop", "start"])
def test_a_process_can_die_between_any_two_writes_of_its_stop_or_start(
    dies_in: str, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = toy_sweep(5, config=SearchConfig(sampler="random", scheduler=scheduler))
    (loop,) = opened(sweep, tmp_path / "whole")
    drive(loop, tmp_path / "whole")
    whole = drawn(loop)
    writes = 0
    while True:
        folder = tmp_path / str(writes)
        (loop,) = opened(sweep, folder)
        first, second = next_tasks(loop, 2)
        make(loop, first, folder, best_at_a_thousandth)  # its row is never reported
        epoch(loop, second, 1, 0.2)
        with killed_at_write(writes, monkeypatch) as written:
            try:
                loop.stop() if dies_in == "stop" else opened(sweep, folder)
            except Killed:
                pass
            else:
                break
        (loop,) = opened(sweep, folder)
        names = drive(loop, folder)
        assert max(Counter(names).values()) == 1
        assert drawn(loop) == whole
        assert states(loop) <= {"COMPLETE", "PRUNED", "FAIL"}
        made = Counter(row.arm for row in Ledger(folder).rows("search"))
        assert made == Counter(dict.fromkeys(whole, 1))
        writes += 1
    assert len(written) == writes > 3


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_running_trial_keeps_its_name_after_the_journal_is_corrupted(
    sampler: str, tmp_path: Path
) -> None:
    sweep = toy_sweep(8, config=SearchConfig(sampler=sampler))
    (loop,) = opened(sweep, tmp_path)
    tasks = next_tasks(loop, 4)
    for task in (tasks[0], tasks[1], tasks[3]):
        make(loop, task, tmp_path, best_at_a_thousandth)
        loop.finish(task.arm)
    Ledger(tmp_path).append(row(tasks[2], 1000, 0.0, "lost"))
    (tmp_path / "optuna.journal").write_bytes(b"ruined\n")
    (loop,) = opened(sweep, tmp_path)
    (again,) = next_tasks(loop, 1)
    assert (again.arm, again.recipe.id) == (tasks[2].arm, tasks[2].recipe.id)
    make(loop, again, tmp_path, best_at_a_thousandth)
    loop.finish(again.arm)
    drive(loop, tmp_path)
    assert len(drawn(loop)) == 8
    assert len({str(params) for params in drawn(loop).values()}) == 8


@pytest.mark.parametrize("scheduler", ["asha", "hyperband"])
def test_a_lost_journal_is_restored_with_the_rungs_of_every_trial(
    scheduler: str, tmp_path: Path
) -> None:
    def rungs(loop: AskTellLoop) -> dict[str, dict[str, float]]:
        return {
            t.user_attrs["arm"]: {k: v for k, v in t.system_attrs.items() if "rung" in k}
            for t in trials(loop)
        }

    sweep = toy_sweep(12, config=SearchConfig(sampler="random", scheduler=scheduler))
    (loop,) = opened(sweep, tmp_path)
    for task in iter(loop.ask, None):
        with_curve = ended_with_curve(loop, task)
        loop.add_row(with_curve)
        Ledger(tmp_path).append(with_curve)
        loop.finish(task.arm)
    before = rungs(loop)
    assert {len(each) for each in before.values()} > {1}
    (tmp_path / "optuna.journal").unlink()
    (loop,) = opened(sweep, tmp_path)
    assert rungs(loop) == before


def ended_with_curve(loop: AskTellLoop, task: Task) -> Any:
    """Train until the pruner stops the trial or it ends; return its row with the curve."""
    curve = []
    for number in range(1, 10):
        value = best_at_a_thousandth(task.recipe) * number / 9
        curve.append({"epoch": float(number), "validation.auroc_macro": value})
        if epoch(loop, task, number, value):
            stopped = row(task, 1000, value, "stopped")
            changes = {"provenance": {"stopped_by": "asha"}, "curve": tuple(curve)}
            return stopped.model_copy(update=changes)
    return row(task, 1000, value).model_copy(update={"curve": tuple(curve)})


def test_a_full_disk_leaves_no_incomplete_line_in_the_journal(tmp_path: Path) -> None:
    sweep = toy_sweep(3)
    (loop,) = opened(sweep, tmp_path)
    (task,) = next_tasks(loop, 1)
    journal = tmp_path / "optuna.journal"
    whole = journal.read_bytes()
    with files_of_at_most(len(whole) + 10), pytest.raises(OSError, match="too large"):
        loop.stop()
    assert journal.read_bytes() == whole
    loop.stop()  # there is room again
    (loop,) = opened(sweep, tmp_path)
    assert next_tasks(loop, 1)[0].arm == task.arm
    assert not (tmp_path / "optuna.journal.unreadable").exists()


def test_a_run_that_finished_unreported_before_its_process_died_is_not_repeated(
    tmp_path: Path,
) -> None:
    from rpbind.run.ledger_callback import LedgerCallback
    from rpbind.run.progress import StudyProgress

    (loop,) = opened(toy_sweep(1, config=SearchConfig(seeds_per_trial=2)), tmp_path)
    (task,) = next_tasks(loop, 1)
    ended, cut = task.jobs
    ended.folder.mkdir()
    done = row(task, ended.seed, 0.5)
    write_atomic(ended.folder / f"{ended.run}.0.json", done.model_dump_json().encode())
    error = tmp_path / "error.txt"
    error.write_text("The actor died unexpectedly before finishing this task.")
    record = LedgerCallback(Ledger(tmp_path), StudyProgress(2))
    trial = SimpleNamespace(trial_id="t", config={"task": task}, error_file=str(error))
    with record.watch:
        record.on_trial_error(0, [], trial)
    (lost,) = record.lost
    assert lost.seeds == ((cut.seed, 1),)
    loop.retry_lost(task.arm)
    assert next_tasks(loop, 1)[0].seeds == ((cut.seed, 1),)
    states = {row.seed: row.state for row in Ledger(tmp_path).rows("search")}
    assert states == {ended.seed: "done", cut.seed: "failed"}


def test_a_removed_folder_and_a_second_folder_get_new_optuna_studies_in_one_database(
    tmp_path: Path,
) -> None:
    sweep = toy_sweep(3, config=SearchConfig(storage=f"sqlite:///{tmp_path / 'all.db'}"))
    places = [tmp_path / "here" / "study", tmp_path / "there" / "study"]
    for folder in places:
        folder.parent.mkdir()
        (loop,) = opened(sweep, folder)
        assert len(drive(loop, folder)) == 3
        (loop,) = opened(sweep, folder)
        assert loop.finished
    for file in sorted(places[0].rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (loop,) = opened(sweep, places[0])
    assert len(drive(loop, places[0])) == 3


@pytest.mark.parametrize(
    "config",
    [
        SearchConfig(sampler="random", seeds_per_trial=3),
        SearchConfig(sampler="nsga2", objectives=("auroc", "parameters")),
    ],
    ids=["of a later seed", "of several objectives"],
)
def test_an_epoch_counts_as_progress_even_if_its_score_is_not_reported_to_optuna(
    config: SearchConfig, tmp_path: Path
) -> None:
    sweep = Sweep.of(toy_sweep(1).arms["tuned"], toy_sweep(1).space, 1, config)
    for number in range(1, 8):
        (loop,) = opened(sweep, tmp_path)
        (task,) = next_tasks(loop, 1)
        epoch(loop, task, number, 0.5, seed=task.seeds[-1][0])
        for seed, _ in task.seeds:
            Ledger(tmp_path).append(row(task, seed, 0.0, "lost"))
    (loop,) = opened(sweep, tmp_path)
    assert not loop.finished


def test_a_resumed_trial_counts_once_per_rung(tmp_path: Path) -> None:
    sweep = toy_sweep(30, config=SearchConfig(sampler="random", scheduler="asha"))
    (loop,) = opened(sweep, tmp_path)
    (good,) = next_tasks(loop, 1)
    assert not epoch(loop, good, 1, 0.9)
    for _ in range(3):
        loop.stop()
        (loop,) = opened(sweep, tmp_path)
        (good,) = next_tasks(loop, 1)
    for value in (0.1, 0.11, 0.12, 0.13, 0.8):
        (task,) = next_tasks(loop, 1)
        pruned = epoch(loop, task, 1, value)
        loop.add_row(row(task, 1000, value))
        loop.finish(task.arm)
    assert not pruned  # two of six continue: the first one and this one
    assert not epoch(loop, good, 3, 0.9)


def test_hyperband_keeps_a_resumed_trial_in_its_bracket(tmp_path: Path) -> None:
    sweep = toy_sweep(12, config=SearchConfig(sampler="random", scheduler="hyperband"))

    def rungs(stops: int, folder: Path) -> list[list[str]]:
        seen = []
        (loop,) = opened(sweep, folder)
        for _ in range(12):
            (task,) = next_tasks(loop, 1)
            for _ in range(stops):
                loop.stop()
                (loop,) = opened(sweep, folder)
                (task,) = next_tasks(loop, 1)
            epoch(loop, task, 9, 0.5)
            last = [t for t in trials(loop) if t.user_attrs.get("arm") == task.arm][-1]
            seen.append(sorted(k for k in last.system_attrs if "rung" in k))
            ended = row(task, 1000, 0.5)
            loop.add_row(ended)
            Ledger(folder).append(ended)
            loop.finish(task.arm)
        return seen

    assert rungs(2, tmp_path / "cut") == rungs(0, tmp_path / "whole")
