import sqlite3
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from small_study import RECIPES, no_ray_is_left, small_source

from rpbind.analysis.summary import read
from rpbind.design.design import Design
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.errors import PausedError
from rpbind.ledger import ContrastPlan, Ledger
from rpbind.report.build import build_report
from rpbind.run.resources import Resources
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space
from rpbind.study.launch import launch
from rpbind.study.resume import not_done

RATES = {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2, "log": True}
SPACE = Space.model_validate({"about": "Rates.", "dimension": [RATES]})
QUESTION = Question("?", "!", ".")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    return small_source(tmp_path_factory.mktemp("data") / "toy")


def trials(study: Path, name: str) -> list[optuna.trial.FrozenTrial]:
    journal = JournalFileBackend(str(study / "optuna.journal"))
    return optuna.load_study(study_name=name, storage=JournalStorage(journal)).trials


def test_a_scheduler_stops_trials_and_ledger_and_optuna_agree(
    source: DataSource, tmp_path: Path, one_ray: None
) -> None:
    base = RECIPES["fixed"].with_({"train.epochs": 4})
    sweep = Sweep.of(base, SPACE, 8, SearchConfig(sampler="random", scheduler="asha"))
    plan = make_plan("toy", QUESTION, Design("search", (), ()), (0,), source, sweep=sweep)
    finished = launch(plan, source, Resources(), tmp_path, sweep)
    states = {t.user_attrs["arm"]: t.state.name for t in trials(tmp_path, "search")}
    rows = {row.arm: row for row in Ledger(tmp_path).rows("search")}
    assert len(states) == 8
    assert set(states.values()) == {"COMPLETE", "PRUNED"}
    known = {"COMPLETE": "done", "PRUNED": "stopped"}
    assert {name: row.state for name, row in rows.items()} == {
        name: known[state] for name, state in states.items()
    }
    stopped = [row for row in rows.values() if row.state == "stopped"]
    assert all(row.provenance["stopped_by"] == "asha" for row in stopped)
    assert all(row.error.startswith("pruned by asha after epoch") for row in stopped)
    assert all(1 <= len(row.curve) < 4 for row in stopped)
    assert all(row.cost["train_seconds"] > 0 for row in stopped)
    spent = read(Ledger(tmp_path)).cost
    assert (spent.runs, spent.calls, spent.killed) == (9, 1, 0)  # the pruned, too, and the winner
    assert spent.slot_seconds is not None
    assert 0 < spent.training < spent.slot_seconds
    assert [arm.name for arm in finished.arms] == ["tuned"]
    assert not_done(finished, Ledger(tmp_path)) == []


def test_tuned_arms_are_searched_equally_confirmed_once_and_get_no_verdict(
    source: DataSource, tmp_path: Path, one_ray: None
) -> None:
    arms = {name: RECIPES[name] for name in ("old", "fixed")}
    contrast = ContrastPlan(name="whole", arm="fixed", reference="old")
    sweep = Sweep(arms, SPACE, 3, contrasts=(contrast,))
    plan = make_plan("toy", QUESTION, Design("tuned", (), ()), (0, 1), source, sweep=sweep)
    finished = launch(plan, source, Resources(), tmp_path, sweep)
    rows = Ledger(tmp_path).rows("search")
    assert sorted(row.arm for row in rows) == [
        f"{arm}.s0.trial-{n:04d}" for arm in ("fixed", "old") for n in range(3)
    ]
    assert {row.seed for row in rows} == {1000}
    assert not any(key.startswith("test.") for row in rows for key in row.metrics)
    confirmed = Ledger(tmp_path).rows()
    assert sorted((row.arm, row.seed) for row in confirmed) == [
        (f"{arm}.s0", seed) for arm in ("fixed", "old") for seed in (0, 1)
    ]
    text = build_report(tmp_path).read_text()
    assert "No verdict on tuned arms: 1 search per arm" in text
    assert "the same number of trials for every search" in text
    before = len(Ledger(tmp_path).attempts())
    again = launch(plan, source, Resources(), tmp_path, sweep)
    assert again == finished
    assert len(Ledger(tmp_path).attempts()) == before


def test_a_lost_database_pauses_a_search_and_the_same_call_continues(
    source: DataSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = SearchConfig(sampler="random", storage=f"sqlite:///{tmp_path / 'all.db'}?timeout=0.05")
    sweep = Sweep.of(RECIPES["fixed"], SPACE, 6, how)
    plan = make_plan("toy", QUESTION, Design("search", (), ()), (0,), source, sweep=sweep)
    other = sqlite3.connect(tmp_path / "all.db", isolation_level=None)
    finish, finished = AskTellLoop.finish, []

    def locked(loop: AskTellLoop, name: str) -> None:
        finished.append(name)
        if len(finished) == 2:
            other.execute("begin exclusive")
        finish(loop, name)

    with monkeypatch.context() as patch:
        patch.setattr(AskTellLoop, "finish", locked)
        with pytest.raises(PausedError, match="database is locked"):
            launch(plan, source, Resources(), tmp_path / "study", sweep)
    no_ray_is_left()
    other.execute("rollback")
    done = {row.run for row in Ledger(tmp_path / "study").rows("search") if row.state == "done"}
    assert done
    plan = launch(plan, source, Resources(), tmp_path / "study", sweep)
    assert not_done(plan, Ledger(tmp_path / "study")) == []
    rows = Ledger(tmp_path / "study").rows("search")
    assert len(rows) == 6
    assert {row.state for row in rows} == {"done"}
    assert all(row.attempt == 0 for row in rows if row.run in done)
