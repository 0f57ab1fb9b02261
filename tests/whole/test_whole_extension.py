import sys
from importlib import import_module
from pathlib import Path

import pytest
from killed_study import stand_in
from small_study import RECIPES

from rpbind import run as room
from rpbind.analysis.summary import read
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.ledger import ContrastPlan, Ledger, Plan
from rpbind.report.build import build_report
from rpbind.run.resources import Resources
from rpbind.study import launch as launching
from rpbind.study.status import status
from rpbind.train.opened import OpenData

ARMS = {name: RECIPES[name].with_({"train.epochs": 1}) for name in ("old", "conv-residue")}
DESIGN = Design(
    "pair",
    tuple(arm(name, recipe, "") for name, recipe in ARMS.items()),
    (ContrastPlan(name="context", arm="conv-residue", reference="old"),),
)


@pytest.fixture
def source(tiny: Path) -> DataSource:
    return DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25)))


@pytest.fixture
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    import_module("rpbind.run.sweep")  # with the real room, which later tests need
    made = stand_in()
    monkeypatch.setitem(sys.modules, "rpbind.run.ray_tune", made)
    monkeypatch.setattr(room, "ray_tune", made, raising=False)
    monkeypatch.setattr(launching, "examine_arms", lambda *asked: None)
    monkeypatch.setattr(launching, "score_baselines", lambda *asked: None)


def planned(source: DataSource, seeds: int = 2) -> Plan:
    return make_plan("toy", Question("?", "!", "."), DESIGN, tuple(range(seeds)), source)


@pytest.mark.usefixtures("without_ray")
def test_a_study_is_extended_in_its_folder_and_judged_at_the_level_of_a_second_analysis(
    source: DataSource, tmp_path: Path
) -> None:
    study, plan = tmp_path / "study", planned(source)
    launching.launch(plan, source, Resources(), study)
    first = Ledger(study).rows()
    verdict = read(Ledger(study)).contrasts[0].verdict
    extended = launching.launch(plan, source, Resources(), study, add_seeds=2)
    assert extended.seeds == (0, 1, 2, 3)
    assert (extended.fingerprint, extended.study) == (plan.fingerprint, plan.study)
    rows = Ledger(study).rows()
    assert [row for row in rows if row.seed < 2] == first
    assert status(Ledger(study)).states == {"done": 8}
    (analysis,) = Ledger(study).plan.looks
    assert (analysis.seeds, analysis.verdicts) == (2, {"context": verdict.word})
    assert read(Ledger(study)).contrasts[0].verdict.overall == 0.01
    text = build_report(study).read_text()
    assert "analysis 2 of a study that was judged with 2 seeds" in text
    again = launching.launch(plan, source, Resources(), study)
    assert again == Ledger(study).plan == extended
    assert Ledger(study).rows() == rows
