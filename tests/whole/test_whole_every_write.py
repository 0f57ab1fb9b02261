"""A study is killed before each of its writes, one after another, and must lose nothing."""

import multiprocessing
from collections import Counter
from pathlib import Path

import pytest
from killed_study import NEVER, PRELOAD, STUDY_FILE, study_that_dies
from small_study import RECIPES, rows_of, small_plan

from rpbind.analysis.summary import read
from rpbind.auditor.kept import audit_of
from rpbind.data.splits import SplitSpec
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger, Plan
from rpbind.saved.places import models_of_study
from rpbind.train.opened import OpenData
from rpbind.use.trained import TrainedModel


@pytest.fixture(scope="module")
def source(tiny: Path) -> DataSource:
    source = DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25)))
    audit_of(source.opened.dataset, source.parts)  # kept with the data: only one study writes it
    return source


@pytest.fixture(scope="module")
def plan(source: DataSource) -> Plan:
    return small_plan(source, {"old": RECIPES["old"].with_({"train.epochs": 1})}, (0,))


def run(plan: Plan, source: DataSource, study: Path, step: int) -> tuple[int | None, int]:
    """Run the study in a process that dies at a step; returns its exit code and its writes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    counted = context.Value("i", 0)
    process = context.Process(target=study_that_dies, args=(plan, source, study, step, counted))
    process.start()
    process.join()
    return process.exitcode, counted.value


def test_a_study_killed_at_any_write_ends_with_the_same_ledger(
    plan: Plan, source: DataSource, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    code, writes = run(plan, source, whole, NEVER)
    assert code == 0
    assert writes > 25
    (whole_model,) = models_of_study(whole)
    rows = {run: row | {"attempt": 0} for run, row in rows_of(whole).items()}
    for step in range(1, writes + 1):
        study = tmp_path / f"killed-{step}"
        assert run(plan, source, study, step)[0] == 9, step
        assert (study / "study.toml").exists() or not (study / "plan.json").exists(), step
        assert run(plan, source, study, NEVER)[0] == 0, step
        ended = {run: row | {"attempt": 0} for run, row in rows_of(study).items()}
        assert ended == rows, step
        assert (study / "study.toml").read_text() == STUDY_FILE
        attempts = Ledger(study).attempts()
        assert Counter(r.seed for r in attempts if r.state == "done") == {0: 1}, step
        assert {r.state for r in attempts} <= {"done", "lost"}, step
        assert read(Ledger(study)).coverage == "1 of 1", step
        assert not [path for path in study.rglob(".*") if path.name != ".lock"], step
        (model,) = models_of_study(study)
        assert TrainedModel.open(model).path.name == whole_model.name, step
        assert {f.name: f.read_bytes() for f in model.iterdir()} == {
            f.name: f.read_bytes() for f in whole_model.iterdir()
        }, step
