"""Metrics and controls of the user's own: in rows and plan, and refused where they fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rpbind.analysis.arms import secondary_metrics
from rpbind.baselines.data import BaselineData
from rpbind.baselines.run import baseline_rows
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.plan import make_plan
from rpbind.design.plan_diff import differences
from rpbind.design.question import Question
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.ledger.plans import read_plan, write_plan
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.study.custom import keep_custom_classes
from rpbind.study.own_measures import check_own_measures
from rpbind.studyfile.own import as_tables, own_plans
from rpbind.studyfile.spec import StudySpec
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.train.run import train_run
from rpbind.train.task import Job

OWN = """
import numpy as np

def balanced_accuracy(scores):
    called = scores.logit_N > 0
    bound = scores.label_N == 1
    return (called[bound].mean() + (~called[~bound]).mean()) / 2

def undefined(scores):
    return None

class GC:
    def fit(self, train):
        content = self.content(train)
        bound = content[train.label_N == 1].mean() - content[train.label_N == 0].mean()
        self.sign = 1.0 if bound > 0 else -1.0

    def score(self, test):
        assert test.label_N is None
        return self.sign * self.content(test)

    def content(self, windows):
        return np.isin(windows.rna_NL, (1, 2)).mean(axis=1)
"""
RECIPE = narrowed(CONV_RESIDUE, 8).with_({"train.epochs": 1, "train.batch_size": 64})


@pytest.fixture
def source(tiny: Path) -> DataSource:
    return DataSource(OpenData(tiny), SplitSpec())


def own(folder: Path, name: str, text: str = OWN) -> str:
    (folder / "mine.py").write_text(text)
    return f"{folder / 'mine.py'}:{name}"


def plan_of(source: DataSource, metrics: list[str], controls: list[str]) -> Plan:
    return make_plan(
        "toy",
        Question("?", "!", "."),
        Design("one", (arm("model", RECIPE, ""),), ()),
        (0,),
        source,
        metrics=own_plans("metrics", StudySpec(metrics=metrics).metrics),
        own_controls=own_plans("own_controls", StudySpec(own_controls=controls).own_controls),
    )


def test_an_own_metric_is_in_every_row(source: DataSource, tiny: Path, tmp_path: Path) -> None:
    plan = plan_of(source, [own(tmp_path, "balanced_accuracy"), own(tmp_path, "undefined")], [])
    metrics = tuple(each.part for each in plan.metrics)
    inputs = Inputs.open(tiny, SplitSpec(), "physchem")
    for stage, parts in (("ablation", {"validation", "test"}), ("search", {"validation"})):
        job = Job("toy", RECIPE, 0, tmp_path / stage, stage, metrics=metrics)  # type: ignore[arg-type]
        row = train_run(job, inputs, Machine(), "test", lambda point: None)
        assert row.state == "done", row.error
        found = {name.split(".")[0] for name in row.metrics if name.endswith("balanced_accuracy")}
        assert found == parts
    data = BaselineData.from_dataset(
        source.opened.dataset, source.parts, source.opened.embeddings("physchem")
    )
    (row,) = baseline_rows(data, ["rna-degree"], metrics=metrics)
    assert "test.balanced_accuracy" in row.metrics
    assert secondary_metrics(plan)["test.balanced_accuracy"] == "balanced_accuracy"


def test_an_own_control_is_fitted_on_train_and_scored_on_test(
    source: DataSource, tmp_path: Path
) -> None:
    plan = plan_of(source, [], [own(tmp_path, "GC")])
    data = BaselineData.from_dataset(
        source.opened.dataset, source.parts, source.opened.embeddings("physchem")
    )
    parts = [each.part for each in plan.own_controls]
    (row,) = baseline_rows(data, ["GC"], own=parts)
    assert (row.state, row.arm, row.stage) == ("done", "GC", "control")
    assert plan.own_controls[0].sha256 in row.provenance["settings"]
    content = np.isin(data.rna_NL, (1, 2)).mean(axis=1)
    test = data.parts["test"]
    from sklearn.metrics import roc_auc_score

    auroc = roc_auc_score(data.label_N[test], content[test])
    assert row.metrics["test.auroc_pooled"] in (pytest.approx(auroc), pytest.approx(1 - auroc))


def test_the_content_is_part_of_the_fingerprint_and_is_kept_in_the_study(
    source: DataSource, tmp_path: Path
) -> None:
    bare, before = plan_of(source, [], []), plan_of(source, [own(tmp_path, "undefined")], [])
    after = plan_of(source, [own(tmp_path, "undefined", OWN + "# changed")], [])
    assert len({plan.fingerprint for plan in (bare, before, after)}) == 3
    assert any("mine.py:undefined" in one for one in differences(before, after))
    study = tmp_path / "study"
    study.mkdir()
    keep_custom_classes(after, None, study)
    (copy,) = (study / "parts").iterdir()
    assert copy.name == f"{after.metrics[0].sha256}-mine.py"
    write_plan(study, after)
    assert read_plan(study) == after
    again = StudySpec.model_validate({"metrics": as_tables(after.metrics)})
    (tmp_path / "mine.py").unlink()
    assert own_plans("metrics", again.metrics) == after.metrics


@pytest.mark.parametrize(
    ("kind", "name", "text", "says"),
    [
        ("metrics", "balance", OWN, r"no function 'balance'"),
        ("metrics", "f", "def f(scores): return 'good'", r"f must return a finite number.*'good'"),
        ("metrics", "f", "def f(scores): return float('nan')", "finite number.*nan"),
        (
            "metrics",
            "f",
            "def f(scores): return scores.logits",
            r"f failed: AttributeError.*\n.*line 1",
        ),
        ("metrics", "auroc_macro", "def auroc_macro(scores): return 1.0", "already.*'auroc_macro'"),
        ("metrics", "mcc", "def mcc(scores): return 1.0", "already.*'mcc'"),
        ("own_controls", "GC", OWN.replace("self.sign * ", "0 < "), r"\(\d+,\) of floats.*bool"),
        ("own_controls", "GC", OWN.replace("(test)", "(test)[1:]"), r"\(\d+,\) of floats"),
        ("own_controls", "GC", OWN.replace("self.sign *", "np.nan *"), "NaN or infinity"),
        ("own_controls", "GC", OWN.replace("def fit", "def learn"), "GC failed: AttributeError"),
        ("own_controls", "model", "class model: ...", "already.*'model'"),
    ],
)
def test_what_breaks_a_contract_is_refused_before_anything_is_queued(
    kind: str, name: str, text: str, says: str, source: DataSource, tmp_path: Path
) -> None:
    given: dict[str, list[str]] = {"metrics": [], "own_controls": []}
    given[kind] = [own(tmp_path, name, text)]
    with pytest.raises(UserError, match=f"(?s){says}"):
        check_own_measures(plan_of(source, given["metrics"], given["own_controls"]), source)


def test_good_metrics_and_controls_pass(source: DataSource, tmp_path: Path) -> None:
    plan = plan_of(source, [own(tmp_path, "balanced_accuracy")], [own(tmp_path, "GC")])
    check_own_measures(plan, source)
