from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from small_study import RECIPES, rows_of, small_plan, small_source

from rpbind.audit.record import study_audit
from rpbind.baselines.run import BASELINES
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.run.resources import Resources
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space
from rpbind.study.launch import launch
from rpbind.study.resume import not_done


@pytest.fixture(autouse=True, scope="module")
def on_one_ray(one_ray: None) -> None:
    """All these studies share a Ray."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    return small_source(tmp_path_factory.mktemp("data") / "toy")


def test_a_study_runs_what_its_ledger_lacks(source: DataSource, tmp_path: Path) -> None:
    plan = small_plan(source, {"old": RECIPES["old"]}, (0, 1))
    study = tmp_path / "study"
    launch(plan, source, Resources(), study)
    first = rows_of(study)
    kept, lost = sorted((study / "ledger").glob("ablation-*"))
    before = kept.stat().st_mtime_ns
    lost.unlink()
    (study / "runs" / f"{lost.name.removesuffix('.parquet')}.json").unlink()
    launch(plan, source, Resources(), study)
    assert kept.stat().st_mtime_ns == before
    assert rows_of(study) == first


def test_a_study_scores_controls_once_trains_an_arm_with_random_vectors_and_informs_loggers(
    source: DataSource, tmp_path: Path
) -> None:
    design = Design("toy", (arm("conv", RECIPES["conv-residue"], ""),), ())
    plan = make_plan("toy", Question("?", "!", "."), design, (0, 1), source, control="conv")
    study = tmp_path / "study"
    launch(plan, source, Resources(logs=("tensorboard",)), study)
    folders = {file.parent.name for file in (study / "tensorboard").rglob("events.out.tfevents.*")}
    assert {"conv-seed-0", "conv-seed-1"} <= folders
    rows = {(row.arm, row.seed): row for row in Ledger(study).rows("control")}
    assert rows.keys() == {(name, 0) for name in BASELINES} | {
        (f"conv+{control}", seed) for control in ("random-vector", "one-protein") for seed in (0, 1)
    }
    assert {row.state for row in rows.values()} == {"done"}
    assert rows["conv+random-vector", 1].recipe["proteins"] == "random"
    assert rows["conv+one-protein", 1].recipe["proteins"] == "constant"
    assert "test.auroc_macro" in rows["conv+random-vector", 1].metrics
    before = {file: file.stat().st_mtime_ns for file in (study / "ledger").iterdir()}
    launch(plan, source, Resources(), study)
    assert {file: file.stat().st_mtime_ns for file in (study / "ledger").iterdir()} == before
    page = build_report(study).read_text()
    assert "conv+random-vector" in page
    audit = study_audit(study)
    assert audit is not None
    assert audit.split == f"{source.parts.id} {source.parts.sha256[:12]}"
    assert all(f">{prior.name}" in page for prior in audit.priors)
    assert not_done(plan, Ledger(study)) == []


def test_a_diverged_run_is_a_row_and_the_others_are_done(
    source: DataSource, tmp_path: Path
) -> None:
    wild = RECIPES["fixed"].with_({"train.lr": 1e30, "train.clip_norm": None})
    plan = small_plan(source, {"old": RECIPES["old"], "wild": wild}, (0,))
    launch(plan, source, Resources(), tmp_path / "study")
    rows = {row.arm: row for row in Ledger(tmp_path / "study").rows()}
    assert (rows["old"].state, rows["wild"].state) == ("done", "diverged")
    assert not_done(plan, Ledger(tmp_path / "study")) == ["wild seed 0: diverged"]
    assert "diverged" in build_report(tmp_path / "study").read_text()


def test_a_trial_that_dies_leaves_a_failed_row_with_the_reason(
    source: DataSource, tmp_path: Path
) -> None:
    plan = small_plan(source, {"old": RECIPES["old"], "lost": RECIPES["old"]}, (0,))
    unembedded = RECIPES["old"].with_({"proteins": "esm2_t6_8M_UR50D"})
    lost = arm("lost", unembedded, "")
    plan = plan.model_copy(update={"arms": (plan.arms[0], lost)})
    launch(plan, source, Resources(), tmp_path / "study")
    row = {row.arm: row for row in Ledger(tmp_path / "study").rows()}["lost"]
    assert row.state == "failed"
    assert "rpbind embed" in row.error


def test_a_search_reports_every_trial_to_optuna_and_nan_as_failed(
    source: DataSource, tmp_path: Path
) -> None:
    values = [1e-3, 2e-3, 3e-3, 4e-3, 1e27, 1e28, 1e29, 1e30]
    rates = {"path": "train.lr", "kind": "choice", "values": values}
    space = Space.model_validate({"about": "half of the rates are wild", "dimension": [rates]})
    base = RECIPES["fixed"].with_({"train.clip_norm": None})
    plan = small_plan(source, {"old": RECIPES["old"]}, (0,))
    plan = plan.model_copy(update={"search": Sweep.of(base, space, 6).plan_entry()})
    plan_after = launch(plan, source, Resources(), tmp_path / "study", Sweep.of(base, space, 6))
    journal = JournalFileBackend(str(tmp_path / "study" / "optuna.journal"))
    study = optuna.load_study(study_name="search", storage=JournalStorage(journal))
    wild = {t.number: float(t.params["train.lr"]) > 1 for t in study.trials}
    assert len(wild) == 6
    assert 0 < sum(wild.values()) < 6
    states = {t.number: t.state.name for t in study.trials}
    assert states == {n: "FAIL" if bad else "COMPLETE" for n, bad in wild.items()}
    trials = Ledger(tmp_path / "study").rows("search")
    assert {row.arm: row.state for row in trials} == {
        f"trial-{n:04d}": "diverged" if bad else "done" for n, bad in wild.items()
    }
    assert not any(key.startswith("test.") for row in trials for key in row.metrics)
    assert [arm.name for arm in plan_after.arms] == ["old", "tuned"]


def test_the_same_search_twice_draws_the_same_trials(source: DataSource, tmp_path: Path) -> None:
    rates = {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2, "log": True}
    space = Space.model_validate({"about": "rates", "dimension": [rates]})
    sweep = Sweep.of(RECIPES["old"], space, 4)
    plan = small_plan(source, {"old": RECIPES["old"]}, (0,))
    plan = plan.model_copy(update={"search": sweep.plan_entry()})
    drawn = []
    for name in ("one", "two"):
        launch(plan, source, Resources(), tmp_path / name, sweep)
        trials = Ledger(tmp_path / name).rows("search")
        drawn.append([(row.arm, row.recipe_id, row.metrics) for row in trials])
    assert drawn[0] == drawn[1]


def test_more_than_the_machine_has_is_refused_before_anything_is_queued(
    source: DataSource, tmp_path: Path
) -> None:
    plan = small_plan(source, {"old": RECIPES["old"]}, (0,))
    there = r"room for 0\. Ray has 127\.0\.0\.1 with \d+ CPU\. Ask for less"
    with pytest.raises(UserError, match=f"One run needs 10000 CPU on one node; there is {there}"):
        launch(plan, source, Resources(cpus=10_000), tmp_path / "study")
