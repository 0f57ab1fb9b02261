import multiprocessing
import shutil
from pathlib import Path
from typing import Any

import pytest
from toy_rows import PLAN, row

from rpbind.errors import UserError
from rpbind.files.locks import is_locked
from rpbind.ledger import Ledger, Row
from rpbind.ledger import repair as repair_module
from rpbind.ledger.marks import marked, read_marks, start_here
from rpbind.ledger.repair import repair_study

RUN = {"arm": "a", "seed": 0, "recipe": row().recipe, "recipe_id": row().recipe_id}


def finish(ledger: Ledger, one: Row) -> None:
    """Write the result file of a run, as a worker does before the driver records the row."""
    ledger.runs.mkdir(exist_ok=True, parents=True)
    (ledger.runs / f"{one.run}.{one.attempt}.json").write_text(one.model_dump_json())


def begin_and_die(ledger: Ledger, epochs: int = 2, **changes: Any) -> None:
    """Start a process that begins a run and is killed (SIGKILL) after some epochs."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_begin, args=(ledger.runs, epochs, RUN | changes))
    process.start()
    process.join()
    assert process.exitcode == -9


def _begin(runs: Path, epochs: int, run: dict[str, Any]) -> None:
    import os
    import signal

    with marked(runs, start_here(**run)) as ended:
        for epoch in range(epochs):
            ended(epoch + 1)
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_is_alive_while_its_process_lives_and_lost_afterwards(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with marked(ledger.runs, start_here(**RUN)) as ended:
        ended(1)
        (mark,) = ledger.under_way()
        assert (mark.alive, mark.epoch, mark.start.arm) == (True, 1, "a")
    assert ledger.under_way() == []
    begin_and_die(ledger)
    (mark,) = ledger.under_way()
    assert (mark.alive, mark.epoch) == (False, 2)


def test_a_lost_run_is_recorded_with_its_process_and_last_epoch(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    begin_and_die(ledger)
    (sentence,) = repair_study(ledger)
    assert sentence.startswith("a seed 0 is lost: begun at ")
    (lost,) = ledger.rows()
    assert (lost.state, lost.attempt) == ("lost", 0)
    assert "which died after epoch 2" in lost.error
    assert (ledger.under_way(), read_marks(ledger.runs), repair_study(ledger)) == ([], [], [])


def test_a_finished_run_without_a_row_is_recorded_as_done(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    begin_and_die(ledger)
    finish(ledger, row())
    assert any("1 finished run(s)" in sentence for sentence in repair_study(ledger))
    assert ledger.attempts() == [row()]
    assert repair_study(ledger) == []


def test_a_run_that_finished_after_it_was_recorded_as_stopped_gets_one_more_attempt(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(row(state="stopped"))
    finish(ledger, row())
    for _ in range(2):
        repair_study(ledger)
        assert [(r.state, r.attempt) for r in ledger.attempts()] == [("stopped", 0), ("done", 1)]


def test_a_result_of_an_earlier_attempt_does_not_replace_a_later_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(row(state="stopped"))
    ledger.append(row(attempt=1))
    finish(ledger, row(metrics={"x": 1.0}))
    assert repair_study(ledger) == []
    assert ledger.rows() == [row(attempt=1)]


def test_a_damaged_row_file_is_renamed_and_its_row_comes_from_the_result_file(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    for seed in (0, 1):
        ledger.append(row(seed=seed))
    finish(ledger, row())
    first, _ = sorted(ledger.rows_folder.iterdir())
    first.write_bytes(first.read_bytes()[:100])
    reader = Ledger(tmp_path)
    aside, recorded = repair_study(reader)
    assert aside.endswith("is damaged; it is renamed to ablation-a-"
                          f"{row().recipe_id}-s0.0.parquet.damaged.")  # fmt: skip
    assert recorded.startswith("1 finished run(s)")
    assert reader.rows() == [row(), row(seed=1)]


def test_half_written_files_are_deleted_and_no_others(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(PLAN)
    ledger.append(row())
    ledger.runs.mkdir()
    (tmp_path / ".plan.json.9f86d081884c7d659a2feaa0c55ad015").write_text("{")
    (ledger.rows_folder / ".x.parquet.9f86d081884c7d659a2feaa0c55ad015").touch()
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / ".a-b.json.9f86d081884c7d659a2feaa0c55ad015").touch()
    (tmp_path / "claims" / "a-b.json").touch()
    (ledger.runs / "a.unfinished.pt").touch()
    (ledger.runs / ".hidden").touch()
    (ledger.runs / "torn.begun").write_text('{"arm": "a", "se')
    damaged = ledger.runs / f"{row(seed=1).run}.0.json"
    damaged.write_text('{"arm"')
    repairs = repair_study(ledger)
    assert repairs[0].startswith("3 half-written file(s)")
    assert [file.name for file in (tmp_path / "claims").iterdir()] == ["a-b.json"]
    assert f"{damaged} is damaged" in repairs[1]
    assert {file.name for file in ledger.runs.iterdir()} == {
        "a.unfinished.pt", ".hidden", f"{damaged.name}.damaged"
    }  # fmt: skip
    assert ledger.plan == PLAN
    assert ledger.rows() == [row()]


def test_a_worker_that_outlives_its_driver_is_an_error_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    monkeypatch.setattr(repair_module, "PATIENCE", 0.0)
    with (
        marked(ledger.runs, start_here(**RUN)),
        pytest.raises(UserError, match=r"still trains a run; .*\.begun names"),
    ):
        repair_study(ledger)


def test_a_study_is_run_by_one_process_and_the_error_of_a_second_names_the_first(
    tmp_path: Path,
) -> None:
    one, two = Ledger(tmp_path / "study"), Ledger(tmp_path / "study")
    with one.drive("python first.py"):
        assert two.is_driven
        with (
            pytest.raises(UserError, match=r"run by another process: .*python first\.py"),
            two.drive("python second.py"),
        ):
            pytest.fail("two drivers")
    assert not two.is_driven
    with two.drive("python second.py"):
        assert one.is_driven


def test_a_study_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "study", Path("/proc/nowhere/study")):
        with (
            pytest.raises(UserError, match="cannot be created or written"),
            Ledger(folder).drive("python first.py"),
        ):
            pytest.fail("a study where none can be")


def test_a_lock_ends_with_its_process_and_a_missing_file_is_not_locked(tmp_path: Path) -> None:
    begin_and_die(Ledger(tmp_path))
    (mark,) = (tmp_path / "runs").glob("*.begun")
    assert not is_locked(mark)
    assert not is_locked(tmp_path / "nothing")


def test_an_unreadable_plan_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    Ledger(tmp_path).begin(PLAN)
    plan = tmp_path / "plan.json"
    plan.write_bytes(plan.read_bytes()[:50])
    with pytest.raises(UserError, match=r"plan\.json is not a plan: "):
        _ = Ledger(tmp_path).plan


def test_a_driver_that_has_not_written_its_name_yet_holds_the_lock_all_the_same(
    tmp_path: Path,
) -> None:
    with Ledger(tmp_path).drive("a command"):
        for text in ("", "{}", "[]", '{"pid": 1'):
            (tmp_path / "driver").write_text(text)
            with pytest.raises(UserError, match="has not written its name"):
                Ledger(tmp_path).check_free()


def test_damaged_files_are_renamed_and_a_missing_ledger_is_restored_from_the_runs(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(PLAN)
    ledger.append(row())
    finish(ledger, row())
    for name, text in {"notes.json": "{}", "a.0.json": "{", "b.0.begun": '{"arm": 1}\n'}.items():
        (ledger.runs / name).write_text(text)
    other = row("b").model_copy(update={"recipe": {"x": 1}})
    finish(ledger, other)
    shutil.copy(next(ledger.rows_folder.iterdir()), ledger.rows_folder / "copy.parquet")
    repairs = repair_study(Ledger(tmp_path))
    assert sum("renamed" in sentence for sentence in repairs) == 5
    assert Ledger(tmp_path).attempts() == [row()]
    assert repair_study(Ledger(tmp_path)) == []
    shutil.rmtree(ledger.rows_folder)
    with pytest.raises(UserError, match="ledger is missing"):
        Ledger(tmp_path).attempts()
    assert "was missing" in repair_study(Ledger(tmp_path))[0]
    assert Ledger(tmp_path).attempts() == [row()]
