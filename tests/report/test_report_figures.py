"""Each figure of a page has a name, a sentence with its numbers, its values, and can be saved."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_study import HOSTILE, controls, done, plan, trials, write

from rpbind.analysis.arms import Arm
from rpbind.analysis.summary import read
from rpbind.figures import curves
from rpbind.ledger import Ledger
from rpbind.report.build import build_report

PLACE = re.compile(r'<div id="figure-([a-z_]+)" class="plotly-graph-div" role="img" aria-label="')


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    write(folder)
    trials(folder)
    controls(folder, plan())
    return build_report(folder).read_text()


def part(page: str, name: str) -> str:
    """A figure from its sentence to its caption."""
    begin = page.rindex('<p class="said">', 0, page.index(f'id="figure-{name}"'))
    return page[begin : page.index("<figcaption>", begin)]


def drawn(page: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        page.split(f'id="data-figure-{name}">')[1].split("</script>")[0]
    )
    return found


def values(page: str, name: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", part(page, name))
    return [[unescape(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_every_figure_has_a_name_a_sentence_with_numbers_and_can_be_saved(page: str) -> None:
    names = PLACE.findall(page)
    assert {"forest", "runs", "controls", "proteins", "map", "learning", "search"} <= set(names)
    assert len(names) == page.count('class="plotly-graph-div"')
    for name in names:
        text = part(page, name)
        said = re.search(r'<p class="said"><b>(.+?)\.</b> (.+?)</p>', text)
        assert said
        assert re.search(r"\d", said[2])
        assert f'aria-label="{said[1]}: {said[2]}"' in text
        for kind in ("svg", "png"):
            assert f'<button type="button" data-figure="figure-{name}" data-save="{kind}">' in text
        assert "<details" in text or "Its values are" in text


def test_the_values_of_the_runs_are_those_of_the_ledger(tmp_path: Path) -> None:
    summary = read(Ledger(write(tmp_path)))
    head, *rows = values(build_report(tmp_path).read_text(), "runs")
    assert head == ["Arm", *(f"seed {seed}" for seed in summary.plan.seeds)]
    for arm, row in zip(summary.arms, rows, strict=True):
        expected = [f"{arm.macro[s]:.4f}" if s in arm.macro else "–" for s in summary.plan.seeds]
        assert row == [arm.plan.name, *expected]


def test_the_values_of_the_proteins_are_one_row_per_cluster(tmp_path: Path) -> None:
    summary = read(Ledger(write(tmp_path)))
    head, *rows = values(build_report(tmp_path).read_text(), "proteins")
    assert head[1:] == [c.paired.contrast.name for c in summary.contrasts]
    for column, contrast in enumerate(summary.contrasts, start=1):
        listed = {row[0]: row[column].replace("−", "-") for row in rows if row[column] != "–"}
        assert {name: float(text) for name, text in listed.items()} == pytest.approx(
            {summary.clusters[g]: d for g, d in contrast.paired.by_cluster.items()}, abs=6e-5
        )


def test_differences_of_clusters_stand_on_the_page_once_and_figures_name_their_table(
    page: str,
) -> None:
    head, *rows = values(page, "proteins")
    dots = drawn(page, "proteins")["data"]
    assert [trace["meta"]["column"] for trace in dots] == list(range(1, len(head)))
    (cells,) = drawn(page, "map")["data"]
    assert sorted(cells["meta"]["rows"]) == sorted(row[0] for row in rows)
    assert not any({"z", "text", "customdata"} & trace.keys() for trace in (*dots, cells))
    for trace in (*dots, cells):
        assert page.count(f'data-name="{trace["meta"]["table"]}"') == 1


def test_a_name_of_a_study_stays_text_in_the_words_and_values_of_a_figure(tmp_path: Path) -> None:
    study_plan = plan(2, 2)
    named = study_plan.contrasts[0].model_copy(update={"name": HOSTILE})
    write(tmp_path, study_plan.model_copy(update={"contrasts": (named,)}), lost=False)
    text = build_report(tmp_path).read_text()
    assert HOSTILE not in text
    assert HOSTILE in unescape(part(text, "proteins"))


def arms_of(folder: Path, count: int) -> tuple[Arm, ...]:
    """Arms whose runs reach a validation AUROC that falls with the place of the arm."""
    base = plan(1, 2)
    arms = tuple(base.arms[0].model_copy(update={"name": f"arm{n:02d}"}) for n in range(count))
    study_plan = base.model_copy(update={"arms": arms, "controls": ()})
    ledger = Ledger(folder)
    ledger.begin(study_plan)
    for n, arm in enumerate(arms):
        for seed in study_plan.seeds:
            curve = tuple(
                {
                    "epoch": float(epoch),
                    "train.loss": 0.6 - 0.01 * epoch,
                    "validation.loss": 0.6 + 0.02 * seed,
                    "validation.auroc_macro": 0.9 - 0.01 * n + 0.02 * seed - 0.001 * epoch,
                }
                for epoch in range(1, 4 + seed)
            )
            row = done(arm, seed, 0.0, 1, 8)
            ledger.append(row.model_copy(update={"curve": curve, "findings": ()}))
    return read(Ledger(folder)).arms


def test_a_learning_curve_is_the_mean_over_runs_in_the_band_from_lowest_to_highest(
    tmp_path: Path,
) -> None:
    arms = arms_of(tmp_path, 2)
    found = curves.band(arms[1].curves[curves.AUROC])
    assert found.epochs == [1, 2, 3]
    assert found.mean == pytest.approx([0.899, 0.898, 0.897])
    assert found.low == pytest.approx([0.889, 0.888, 0.887])
    assert found.high == pytest.approx([0.909, 0.908, 0.907])
    mine = [t for t in curves.learning(arms).data if t.legendgroup == "1" and t.yaxis == "y2"]
    low, high, mean = mine
    assert high.fill == "tonexty"
    for trace, expected in ((low, found.low), (high, found.high), (mean, found.mean)):
        assert list(trace.y) == pytest.approx(expected)


def test_all_arms_share_one_learning_figure_and_the_sentence_names_its_best_and_worst(
    tmp_path: Path,
) -> None:
    arms = arms_of(tmp_path, 3)
    summary = curves.describe(arms).summary
    assert "highest for arm00 (0.909 at epoch 1)" in summary
    assert "lowest for arm02 (0.889 at epoch 1)" in summary
    page = build_report(tmp_path).read_text()
    assert len(re.findall(r'id="figure-learning', page)) == 1
    assert re.findall(r'<input type="checkbox" data-figure="figure-learning" value="(\d)" c', page)


def test_of_many_arms_only_the_three_best_and_worst_are_shown_at_first(tmp_path: Path) -> None:
    arms = arms_of(tmp_path, curves.MANY + 1)
    assert curves.first_shown(arms) == {0, 1, 2, 10, 11, 12}
    visible = {int(t.legendgroup) for t in curves.learning(arms).data if t.visible}
    assert visible == {0, 1, 2, 10, 11, 12}
    page = build_report(tmp_path).read_text()
    ticked = re.findall(r'data-figure="figure-learning" value="(\d+)" checked', page)
    assert {int(each) for each in ticked} == visible
    assert len(curves.first_shown(arms[:-1])) == curves.MANY


def test_an_arm_without_a_finite_score_has_a_line_without_numbers(tmp_path: Path) -> None:
    (arm,) = arms_of(tmp_path, 1)
    lost = arm.curves[curves.AUROC].mean_E * np.nan
    had = arm.curves[curves.AUROC]
    broken = arm.curves | {
        curves.AUROC: curves.Curve(
            had.epoch_by_run, (lost, lost), had.mean_epoch_E, lost
        )
    }  # fmt: skip
    described = curves.describe([arm.__class__(**(vars(arm) | {"curves": broken}))])
    assert "–" in described.rows[0]
    assert "nan" not in str(described)
