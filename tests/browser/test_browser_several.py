"""The list of studies, and studies side by side, in a real browser."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from test_browser import WIDTHS, axe


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_of_several_studies_is_cut_or_covers_another(several: Any, width: int) -> None:
    assert several.seen_at(width).evaluate("check.faults(false)") == []


def test_axe_finds_no_violation_on_pages_of_several_studies(several: Any) -> None:
    several.seen_at(1280)
    assert axe(several) == []


def test_pages_of_several_studies_are_whole_on_paper(several: Any) -> None:
    assert several.seen_at(1047, media="print").evaluate("check.faults(true)") == []


def test_pages_of_several_studies_can_be_read_in_the_dark(several: Any) -> None:
    several.seen_at(1280, scheme="dark")
    assert axe(several, "color-contrast") == []


def test_the_keyboard_reaches_all_of_several_studies(several: Any) -> None:
    assert several.seen_at(360).evaluate("check.mouseOnly()") == []


def test_the_list_is_sorted_and_saved_and_leads_to_pages_that_are_there(several: Any) -> None:
    if several.name != "list":
        return
    page = several.seen_at(1280)
    rows = page.locator("tbody tr")
    state = page.locator("thead th", has_text="State").locator("button")
    state.press("Enter")
    assert [text.split()[-1] for text in rows.locator("td.state").all_inner_texts()] == sorted(
        text.split()[-1] for text in rows.locator("td.state").all_inner_texts()
    )
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").press("Enter")
    read = list(csv.reader(saved.value.path().read_text().splitlines()))
    assert len(read) == 1 + rows.count()
    links = page.locator("main a").all()
    assert len(links) == 5 + 1  # studies with a page, and one page of several
    for link in links:
        assert Path(link.evaluate("a => decodeURIComponent(new URL(a.href).pathname)")).is_file()


def test_pages_of_several_studies_say_and_ask_for_nothing(several: Any) -> None:
    several.seen_at(1280).evaluate("check.openAll(); check.drawAll()")
    assert several.said == []
    asked = [url for url in several.requests if not url.startswith(("blob:", "data:"))]
    assert len(asked) == 1
