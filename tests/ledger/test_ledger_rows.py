import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from toy_rows import PLAN, row

from rpbind.errors import UserError
from rpbind.ledger import ArmPlan, Finding, Ledger, ProteinScore, write_atomic


def test_a_row_is_read_as_it_was_written(tmp_path: Path) -> None:
    full = row(
        metrics={"test.auroc_macro": 1 / 3, "epochs": 2.0},
        proteins=(
            ProteinScore(
                part="test",
                protein="AARS_K562",
                cluster=3,
                windows=9,
                positives=9,
                auroc=None,
                auprc=None,
            ),
            ProteinScore(
                part="validation",
                protein="FMR1",
                cluster=4,
                windows=9,
                positives=2,
                auroc=0.1,
                auprc=0.2,
            ),
        ),
        curve=({"epoch": 1.0, "train.loss": 0.7}, {"epoch": 2.0, "validation.loss": 0.6}),
        findings=(
            Finding(name="dead", severity="error", measured=None, threshold=1e-6, advice="π"),
        ),
        cost={"seconds": 1e-3},
        provenance={"code": "abc", "torch": "2"},
    )
    broken = row(arm="b", state="failed", error='Traceback\n  "quoted", naïve\n')
    ledger = Ledger(tmp_path)
    assert ledger.append(full)
    assert ledger.append(broken)
    assert ledger.rows() == [full, broken]


def test_an_attempt_is_recorded_once_and_its_first_row_is_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.append(row(state="done"))
    assert not ledger.append(row(state="stopped"))
    assert [r.state for r in ledger.attempts()] == ["done"]


def _append(study: Path, arm: str, barrier: Any, recorded: Any) -> None:
    ledger, rows = Ledger(study), [row("both", seed) for seed in range(20)]
    rows += [row(arm, seed) for seed in range(20)]
    barrier.wait()
    recorded.put([ledger.append(r) for r in rows])


def test_two_processes_at_once_lose_no_row_and_record_none_twice(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, recorded = context.Barrier(2), context.Queue()
    both = [
        context.Process(target=_append, args=(tmp_path, arm, barrier, recorded))
        for arm in ("a", "b")
    ]
    for process in both:
        process.start()
    one, two = recorded.get(timeout=120), recorded.get(timeout=120)
    for process in both:
        process.join()
    assert [first != second for first, second in zip(one[:20], two[:20], strict=True)] == [
        True
    ] * 20
    assert all(one[20:] + two[20:])
    rows = Ledger(tmp_path).attempts()
    assert {(r.arm, r.seed) for r in rows} == {
        (a, s) for a in ("a", "b", "both") for s in range(20)
    }
    assert len(rows) == 60


def test_rows_gives_the_latest_attempt_of_every_run(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for attempt in (2, 10, 0, 1):
        ledger.append(row(attempt=attempt, state="failed"))
    ledger.append(row(seed=1, attempt=0))
    assert [(r.seed, r.attempt) for r in ledger.rows()] == [(0, 10), (1, 0)]
    assert len(ledger.attempts()) == 5


def test_rows_of_the_search_and_of_the_ablation_are_read_separately(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(row(stage="search"))
    ledger.append(row())
    assert [r.stage for r in ledger.rows()] == ["ablation"]
    assert [r.stage for r in ledger.rows("search")] == ["search"]


def test_a_reader_ignores_drafts(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(row())
    ledger.append(row())
    assert len(list(ledger.rows_folder.iterdir())) == 1
    whole = next(ledger.rows_folder.iterdir()).read_bytes()
    (ledger.rows_folder / ".9f86d081884c7d659a2feaa0c55ad015").write_bytes(whole[: len(whole) // 2])
    assert ledger.rows() == [row()]


@pytest.mark.parametrize("name", ["../a", "a/b", ".a", "", "a b", "a\n", "a\0", "ä", "x" * 81])
def test_an_arm_name_that_is_no_plain_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="string"):
        row(name)
    with pytest.raises(ValidationError, match="string"):
        ArmPlan(name=name, recipe={}, recipe_id="1")


def test_a_plan_is_read_as_it_was_written_and_may_be_replaced(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "study")
    ledger.begin(PLAN)
    assert ledger.plan == PLAN
    assert ledger.plan.planned == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    ledger.begin(PLAN.model_copy(update={"seeds": (7,)}))
    assert ledger.plan.seeds == (7,)


def test_a_folder_without_a_plan_is_not_a_study(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no study: there is no plan\.json"):
        _ = Ledger(tmp_path).plan
    assert Ledger(tmp_path / "nowhere").rows() == []


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    write_atomic(tmp_path / "file", b"old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
