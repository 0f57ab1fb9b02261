"""The means of AUROCs, macro, plain and cluster-weighted, and where they are shown."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from toy_ledger import plan, row

from rpbind.analysis.summary import read
from rpbind.ledger import Ledger, Row
from rpbind.ledger.plans import recipe_id
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.statistics.averages import averages
from rpbind.wording.banners import banners

MACRO = {"test.auroc_macro": 0.75}
GIANT = {"1_A": 0.60, "1_B": 0.60, "1_C": 0.60, "2_A": 0.90}
"""A cluster of three proteins, and one protein without relatives: .75 over 2, .675 over 4."""


def test_the_two_means_differ_if_a_cluster_is_large() -> None:
    both = averages([row("old", 0, GIANT)])
    assert both is not None
    assert (both.over_clusters, both.over_proteins) == pytest.approx((0.75, 0.675))
    assert (both.clusters, both.proteins) == (2, 4)
    assert "macro over 2 protein clusters" in both.words()
    assert "plain mean over 4 proteins 0.675" in both.words()


def test_proteins_without_an_auroc_count_in_neither_mean() -> None:
    both = averages([row("old", 0, GIANT | {"2_B": None, "3_A": None})])
    assert both is not None
    assert (both.clusters, both.proteins, both.over_proteins) == (2, 4, pytest.approx(0.675))
    assert averages([row("old", 0, {"3_A": None})]) is None
    assert averages([]) is None


def test_one_cluster_is_in_the_singular() -> None:
    both = averages([row("old", 0, {"1_A": 0.6})])
    assert both is not None
    assert both.words().startswith("0.600, macro over 1 protein cluster (")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    ledger = Ledger(tmp_path)
    ledger.begin(plan((0, 1), split_note="The split came out as 73/13.5/13.5 % of the windows."))
    rows = [row(arm, seed, GIANT) for arm in ("old", "new") for seed in (0, 1)]
    rows.append(Row(arm="5mer-per-protein", seed=0, state="done", stage="control", recipe={},
                    recipe_id=recipe_id({}), ended="",
                    metrics=MACRO | {"test.auroc_weighted": 0.6125},
                    proteins=rows[0].proteins))  # fmt: skip
    for each in rows:
        ledger.append(each)
    return tmp_path


def test_terminal_and_report_show_the_means_and_a_dash_where_a_row_has_no_weighted_one(
    study: Path,
) -> None:
    console = Console(width=250, record=True, file=io.StringIO())
    console.print(verdict_table(study))
    text = console.export_text()
    assert "test AUROC, macro over 2 protein clusters" in text
    (arms,) = [line for line in text.splitlines() if line.startswith("arms:")]
    (controls,) = [line for line in text.splitlines() if line.startswith("controls:")]
    assert "plain mean over 4 proteins" in arms
    assert "old 0.750 (0.675, –), new 0.750 (0.675, –)" in arms
    assert "5mer-per-protein 0.750 (0.675, 0.613)" in controls
    page = build_report(study).read_text()
    for section in ("arms", "controls"):
        part = page.split(f'<section id="{section}">')[1].split("</section>")[0]
        assert "<small>macro over 2 protein clusters</small>" in part
        assert "<small>plain mean over 4 proteins</small>" in part
        assert "0.675" in part
    assert "acro per-protein AUROC" not in page


def test_a_split_with_other_shares_than_requested_is_a_banner_of_the_report(study: Path) -> None:
    assert any("73/13.5/13.5" in banner for banner in banners(read(Ledger(study))))
    assert build_report(study).read_text().count("73/13.5/13.5") >= 2


def test_the_weighted_auroc_is_a_mean_over_runs_if_all_of_them_have_it() -> None:
    old, one, other = (
        row("old", seed, GIANT).model_copy(update={"metrics": MACRO | weighted})
        for seed, weighted in enumerate(
            ({}, {"test.auroc_weighted": 0.5}, {"test.auroc_weighted": 0.7})
        )
    )
    both, mixed = averages([one, other]), averages([old, one, other])
    assert both is not None
    assert mixed is not None
    assert both.weighted == pytest.approx(0.6)
    assert mixed.weighted is None
