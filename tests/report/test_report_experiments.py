"""The table of experiments: each protein of the dataset by itself, beside the plain baseline."""

from pathlib import Path

import pytest
from toy_ledger import plan, row

from rpbind.analysis.summary import read
from rpbind.ledger import Finding, Ledger, Row
from rpbind.ledger.plans import recipe_id
from rpbind.report.build import build_report
from rpbind.wording.experiments import columns, lines
from rpbind.wording.words import best_baseline


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two cell lines of one protein that the arms cannot tell apart, and the baseline can."""
    ledger = Ledger(tmp_path)
    ledger.begin(plan((0, 1)))
    told = row("old", 0, {"1_K562": 0.9, "1_HepG2": 0.8, "2_A": None})
    for each in (
        row("old", 0, {"1_K562": 0.7, "1_HepG2": 0.3, "2_A": None}),
        row("old", 1, {"1_K562": 0.5, "1_HepG2": 0.5, "2_A": None}),
        row("new", 0, {"1_K562": 0.6, "1_HepG2": 0.4, "2_A": None}),
        Row(arm="5mer-per-protein", seed=0, state="done", stage="control", recipe={},
            recipe_id=recipe_id({}), ended="", proteins=told.proteins),
    ):  # fmt: skip
        ledger.append(each)
    return tmp_path


def test_each_experiment_has_its_mean_over_seeds_for_every_arm_and_the_plain_baseline(
    study: Path,
) -> None:
    summary = read(Ledger(study))
    assert columns(summary) == ["old", "new", "5mer-per-protein"]
    found = {one.name: aurocs for one, aurocs in lines(summary)}
    assert list(found) == ["1_HepG2", "1_K562", "2_A"]
    assert found["1_K562"] == pytest.approx([0.6, 0.6, 0.9])
    assert found["1_HepG2"] == pytest.approx([0.4, 0.4, 0.8])
    assert found["2_A"] == [None, None, None]


def test_the_page_names_every_experiment(study: Path) -> None:
    page = build_report(study).read_text()
    part = page.split('<section id="experiments">')[1].split("</section>")[0]
    assert all(name in part for name in ("1_HepG2", "1_K562", "2_A", "5mer-per-protein"))


def test_a_flagged_control_is_named_and_is_not_the_best_baseline(study: Path) -> None:
    ledger = Ledger(study)
    flag = Finding(name="selection ranks, macro", severity="warning", measured=0.9, threshold=0.05,
                   advice="bound windows tile peaks")  # fmt: skip
    metrics = {"test.auroc_macro": 0.9, "test.auroc_pooled": 0.8}
    ledger.append(Row(arm="density", seed=0, state="done", stage="control", recipe={},
                      recipe_id=recipe_id({}), ended="", metrics=metrics, findings=(flag,),
                      proteins=row("old", 0, {"1_K562": 0.9}).proteins))  # fmt: skip
    plain = next(each for each in ledger.rows("control") if each.arm == "5mer-per-protein")
    ledger.append(plain.model_copy(update={"attempt": 1, "metrics": {"test.auroc_macro": 0.85}}))
    said = best_baseline(read(Ledger(study)))
    assert "best baseline, 5mer-per-protein" in said
    assert "density 0.900 (pooled 0.800)" in said
