"""Calibration, ROC and precision-recall on the page: median and range over the runs of an arm."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_study import plan, write
from twelve_studies import harmless, hundred_arms

from rpbind.analysis.arms import Arm
from rpbind.analysis.summary import Summary, read
from rpbind.figures import describe_scored, scored
from rpbind.figures.curves import best_arm
from rpbind.ledger import Ledger
from rpbind.report.build import render


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    folder = tmp_path_factory.mktemp("study")
    return read(Ledger(write(folder, harmless(3, 5), lost=False)))


def section(page: str) -> str:
    return page[page.index('<section id="scored">') :].split("</section>")[0]


def without(arm: Arm, runs: int) -> Arm:
    return replace(arm, test_curves=arm.test_curves[runs:])


def test_a_curve_is_the_median_over_runs_in_the_band_from_lowest_to_highest(
    study: Summary,
) -> None:
    arm = study.arms[1]
    value_RF = np.array([run["roc.proteins"] for run in arm.test_curves])
    assert value_RF.shape == (5, 51)
    low, high, median, pooled = (
        trace for trace in scored.figure(study.arms, scored.ROC).data if trace.legendgroup == "1"
    )
    assert list(low.y) == pytest.approx(value_RF.min(axis=0), abs=6e-4)
    assert list(high.y) == pytest.approx(value_RF.max(axis=0), abs=6e-4)
    assert list(median.y) == pytest.approx(np.median(value_RF, axis=0), abs=6e-4)
    assert (median.x0, median.dx) == (0, pytest.approx(0.02))
    pooled_RF = np.array([run["roc.pooled"] for run in arm.test_curves])
    assert list(pooled.y) == pytest.approx(np.median(pooled_RF, axis=0), abs=6e-4)


def test_at_first_the_arm_that_is_best_on_validation_is_shown(study: Summary) -> None:
    best = study.arms.index(best_arm(study.arms))
    for drawn in (
        scored.figure(study.arms, scored.ROC),
        scored.figure(study.arms, scored.PR),
        scored.calibration(study.arms),
    ):
        assert {trace.legendgroup for trace in drawn.data if trace.visible} == {str(best)}
    page = section(render(study))
    boxes = re.findall(r'data-figure="([^"]+)" value="(\d)"( checked)?>', page)
    assert [each[1] for each in boxes] == ["0", "1", "2"]
    assert [each[1] for each in boxes if each[2]] == [str(best)]
    assert {each[0] for each in boxes} == {"figure-calibration figure-roc figure-pr"}


def test_the_calibration_error_in_the_sentence_is_that_of_the_bins(study: Summary) -> None:
    best = best_arm(study.arms)
    errors = [
        sum(
            n * abs(said - bound)
            for n, said, bound in zip(
                run["raw.windows"], run["raw.probability"], run["raw.bound"], strict=True
            )
        )
        / sum(run["raw.windows"])
        for run in best.test_curves
    ]
    summary = describe_scored.calibration(study.arms).summary
    assert "5 runs, 24 proteins, 9,600 windows" in summary
    assert f"error {np.median(errors):.3f} ({min(errors):.3f} to {max(errors):.3f})" in summary


def test_a_bin_without_windows_is_not_drawn_and_one_that_few_runs_have_counts_these(
    study: Summary,
) -> None:
    arm = study.arms[0]
    emptied = [dict(run) for run in arm.test_curves]
    for n, run in enumerate(emptied):
        run["raw.windows"] = [0.0 if at == 9 or (at == 8 and n) else 40.0 for at in range(10)]
    found = list(scored.bins(replace(arm, test_curves=tuple(emptied)), "raw"))
    assert [place for place, _, _ in found] == list(range(9))
    assert found[8][2].median == [round(emptied[0]["raw.bound"][8], 3)]


def test_the_values_of_the_roc_are_one_row_per_arm_and_average(study: Summary) -> None:
    described = describe_scored.describe(study.arms, scored.ROC)
    assert [row[:3] for row in described.rows] == [
        [arm.plan.name, words, 5]
        for arm in study.arms
        for words in ("mean over proteins", "pooled")
    ]
    first = np.median([run["roc.proteins"][5] for run in study.arms[0].test_curves])
    assert str(described.rows[0][4]).startswith(f"{first:.3f} (")  # at 0.1


def test_rows_without_curves_are_said_to_be_not_recorded(study: Summary) -> None:
    old = tuple(without(arm, 5) for arm in study.arms)
    page = section(render(replace(study, arms=old)))
    assert "Not recorded" in page
    assert "plotly-graph-div" not in page


def test_of_runs_that_only_partly_recorded_curves_the_number_is_said(study: Summary) -> None:
    some = tuple(without(arm, 3) for arm in study.arms)
    assert "2 of 5 runs" in describe_scored.describe(some, scored.PR).summary


def test_a_test_part_of_one_class_has_calibration_alone(study: Summary) -> None:
    kept = ("raw.", "calibrated.")
    arms = tuple(
        replace(
            arm,
            test_curves=tuple(
                {key: each for key, each in run.items() if key.startswith(kept)}
                for run in arm.test_curves
            ),
        )
        for arm in study.arms
    )
    page = section(render(replace(study, arms=arms)))
    assert re.findall(r'id="figure-([a-z]+)"', page) == ["calibration"]


def test_of_a_hundred_arms_the_best_on_validation_are_offered(tmp_path: Path) -> None:
    arms = read(Ledger(hundred_arms(tmp_path)), rated=False).arms
    offered = scored.offered(arms)
    assert len(offered) == scored.MOST
    assert arms.index(best_arm(arms)) in offered


def test_a_study_without_a_scored_run_has_no_such_section(tmp_path: Path) -> None:
    Ledger(tmp_path).begin(plan(2, 2))
    assert '<section id="scored">' not in render(read(Ledger(tmp_path)))
