"""Pages of twelve studies in a real browser, as their readers see and use them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from rpbind.findings.documents import table_text
from rpbind.findings.record import Findings
from rpbind.ledger import Ledger, Row

WIDTHS = (360, 768, 1280, 1920)


def axe(study: Any, *rules: str) -> list[str]:
    """Return the violations of accessibility rules (all, or those named), by axe-core.

    Rows of one table are alike, so that eight of each are examined. Figures are drawings to axe.
    """
    package = pytest.importorskip("axe_playwright_python", reason="pip install '.[test]'")
    page = study.page
    page.evaluate((Path(package.__path__[0]) / "axe.min.js").read_text() + "; 0")
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = page.evaluate("check.examine", options)
    return [f"{v['id']}: {n['html'][:150]}" for v in found["violations"] for n in v["nodes"]]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_or_covers_another(study: Any, width: int) -> None:
    assert study.seen_at(width).evaluate("check.faults(false)") == []


def test_axe_finds_no_violation_in_the_light(study: Any) -> None:
    study.seen_at(1280)
    assert axe(study) == []


def test_nothing_is_cut_or_left_out_on_paper(study: Any) -> None:
    assert study.seen_at(1047, media="print").evaluate("check.faults(true)") == []


def test_paper_has_every_row_of_every_table(study: Any) -> None:
    hidden = study.seen_at(1047, media="print").evaluate(
        """() => [...document.querySelectorAll("main .scroll:has(table)")]
            .filter((box) => box.scrollHeight > box.clientHeight + 2)
            .map((box) => box.getAttribute("aria-label"))"""
    )
    assert hidden == []


def test_text_can_be_read_in_the_dark(study: Any) -> None:
    study.seen_at(1280, scheme="dark")
    assert axe(study, "color-contrast") == []


def test_the_keyboard_reaches_what_the_mouse_can_use(study: Any) -> None:
    assert study.seen_at(360).evaluate("check.mouseOnly()") == []


def number(text: str) -> float:
    """Return the first number of a cell."""
    return float(text.replace("−", "-").split()[0])


def test_differences_on_the_page_are_those_of_the_ledger(study: Any) -> None:
    ledger = Ledger(study.folder)
    rows = {(row.arm, row.seed): by_cluster(row) for row in ledger.rows() if row.state == "done"}
    tables = study.seen_at(1280).evaluate("check.tables()")
    if not rows:  # a study of failures has no verdicts
        assert not any(table["section"] == "verdicts" for table in tables)
        return
    shown = {}
    for table in tables:
        if table["section"] != "verdicts" or "Difference" not in table["columns"]:
            continue
        place = table["columns"].index("Difference")
        shown |= {h: r[place] for h, r in zip(table["heads"], table["rows"], strict=True)}
    assert {contrast.name for contrast in ledger.plan.contrasts} <= set(shown)
    for contrast in ledger.plan.contrasts:
        weights = contrast.weights or {contrast.arm: 1.0, contrast.reference: -1.0}
        seeds = [s for s in ledger.plan.seeds if all((arm, s) in rows for arm in weights)]
        if not seeds:
            assert shown[contrast.name] == "–"
            continue
        difference = np.mean([sum(w * rows[arm, s] for arm, w in weights.items()) for s in seeds])
        assert number(shown[contrast.name]) == pytest.approx(difference, abs=6e-5)


def by_cluster(row: Row) -> float:
    """Return the test AUROC of a run: mean of each protein cluster, then over clusters."""
    scores: dict[int, list[float]] = {}
    for score in row.proteins:
        if score.part == "test" and score.auroc is not None:
            scores.setdefault(score.cluster, []).append(score.auroc)
    return float(np.mean([np.mean(each) for each in scores.values()]))


def test_sorting_filtering_copying_and_saving_give_the_rows_of_a_table(study: Any) -> None:
    page = study.seen_at(1280)
    found = page.locator("main .scroll:has(button.sort)").filter(visible=True)
    for box in found.all()[:4]:
        bar, table = box.locator("xpath=preceding-sibling::div[1]"), box.locator("table")
        rows = table.locator("tbody tr:not([hidden])")
        first = table.locator("thead th").first
        whole = sorted(rows.all_inner_texts())
        first.locator("button").press("Enter")
        risen, order = rows.all_inner_texts(), first.get_attribute("aria-sort")
        first.locator("button").press("Enter")
        fallen = rows.all_inner_texts()
        assert sorted(risen) == sorted(fallen) == whole
        orders = {order, first.get_attribute("aria-sort")}  # the table of a path is sorted already
        assert orders == {"ascending", "descending"}
        if (
            table.locator("tr.follows").count() == 0
            and len({text.split()[0] for text in whole}) > 1
        ):
            assert risen[0].split()[0] != fallen[0].split()[0]
        searched = bar.get_by_role("searchbox")
        if searched.count():
            word = table.locator("tbody tr").first.inner_text().split()[0]
            searched.fill(word)
            assert all(word.lower() in text.lower() for text in rows.all_inner_texts())
            assert 0 < rows.count() <= len(whole)
        with page.expect_download() as saved:
            bar.get_by_role("button", name="Save as CSV").press("Enter")
        read = list(csv.reader(saved.value.path().read_text().splitlines()))
        assert len(read) == 1 + rows.count()
        bar.get_by_role("button", name="Copy as Markdown").press("Enter")
        copied = page.evaluate("navigator.clipboard.readText()").splitlines()
        assert len(copied) == 2 + rows.count()
        if searched.count():
            searched.fill("")


TABLES = """async () => {
  const [make, click, texts] = [URL.createObjectURL, HTMLAnchorElement.prototype.click, {}];
  let last; // Chromium saves no more than ten files a second
  URL.createObjectURL = (blob) => { last(blob.text()); return "#"; };
  HTMLAnchorElement.prototype.click = () => {};
  const menu = document.getElementById("take-table");
  for (const {value} of menu.options) {
    menu.value = value;
    for (const button of document.querySelectorAll("#take [data-table]")) {
      const made = new Promise((done) => { last = done; });
      button.click();
      texts[`${value} as ${button.textContent}`] = await made;
    }
  }
  [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [make, click];
  return texts;
}"""
"""Clicks on every format of every table: {table as format: text of the file}."""


def saved(page: Any, button: Any) -> str:
    """Return the text of the file that a click on a button saves."""
    with page.expect_download() as download:
        button.press("Enter")
    return str(download.value.path().read_text())


def test_everything_that_is_taken_out_is_what_the_report_wrote(study: Any) -> None:
    page, part = study.seen_at(1280), study.page.locator("#take")
    written = (study.folder / "findings.json").read_text()
    whole = saved(page, part.get_by_role("button", name="findings.json"))
    assert json.loads(whole) == json.loads(written)
    for name in part.locator("[data-take$='.toml']").all_inner_texts():
        file = saved(page, part.get_by_role("button", name=name))
        assert file == (study.folder / name).read_text()
    tables = [one for one in Findings.model_validate_json(written).tables if one.rows]
    forms = {"CSV": "csv", "Markdown": "md", "LaTeX": "latex"}
    assert page.evaluate(TABLES) == {
        f"{one.name} as {label}": table_text(one, form)
        for one in tables
        for label, form in forms.items()
    }
    csv_button = part.get_by_role("button", name="CSV", exact=True)
    assert saved(page, csv_button) == table_text(tables[-1], "csv")
    cards = [json.loads(path.read_text()) for path in (study.folder / "claims").glob("*.json")]
    menu = part.locator("#take-claim option")
    assert menu.count() == len(cards)
    if cards:
        assert json.loads(saved(page, part.get_by_role("button", name="claim.json"))) in cards


def test_a_figure_is_saved_as_a_drawing(study: Any) -> None:
    page = study.seen_at(1280)
    button = page.locator("button[data-save=svg]").first
    if not button.count():  # nothing is drawn of a study without results
        return
    with page.expect_download() as saved:
        button.press("Enter")
    assert ElementTree.parse(saved.value.path()).getroot().tag.endswith("svg")


def test_the_page_says_nothing_to_the_console_and_asks_for_nothing(study: Any) -> None:
    study.seen_at(1280).evaluate("check.openAll(); check.drawAll()")
    assert study.said == []
    asked = [url for url in study.requests if not url.startswith(("blob:", "data:"))]  # of its own
    assert asked == [(study.folder / "index.html").as_uri()]


def test_figures_that_read_a_table_draw_its_numbers(study: Any) -> None:
    page = study.seen_at(1280)
    if page.locator("#figure-map").count() == 0:
        return
    head, *rows = page.evaluate(
        """() => [...document.querySelectorAll('[data-name="differences-per-protein-cluster"] tr')]
            .map((row) => [...row.cells].map((cell) => cell.textContent))"""
    )
    listed = {row[0]: [None if text == "–" else number(text) for text in row[1:]] for row in rows}
    cells = page.evaluate("document.getElementById('figure-map').data[0]")
    named = [row[0].replace("&lt;", "<").replace("&gt;", ">") for row in cells["customdata"]]
    assert dict(zip(named, cells["z"], strict=True)) == listed
    dots = page.evaluate("document.getElementById('figure-proteins').data.map((one) => one.x)")
    for column, drawn in enumerate(dots):
        assert drawn == [row[column] for row in listed.values() if row[column] is not None]
    assert len(dots) == len(head) - 1


def test_the_first_screen_has_the_answer_and_all_of_the_three_cards(study: Any) -> None:
    fresh = study.page.context.new_page()  # nothing is unfolded in it
    fresh.set_viewport_size({"width": 1280, "height": 900})
    fresh.goto((study.folder / "index.html").as_uri())
    ends = fresh.evaluate(
        """() => ["helped", "believe", "next"].map((id) =>
            document.getElementById(id).lastElementChild.getBoundingClientRect().bottom)"""
    )
    fresh.close()
    assert max(ends) <= 900
