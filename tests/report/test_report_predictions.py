"""Predictions on the page, in the terminal and from Python: what was expected and what came."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from synthetic_study import HOSTILE, plan, write

import rpbind as rb
from rpbind.ledger import PredictionPlan
from rpbind.report.build import build_report
from rpbind.screens.screen import last_screen
from rpbind.screens.terminal import verdict_table

NAMES = [contrast.name for contrast in plan().contrasts]
EXPECTED = {NAMES[0]: "better", NAMES[2]: "better", NAMES[4]: "inert"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    predictions = tuple(
        PredictionPlan(contrast=name, expect=expect)  # type: ignore[arg-type]
        for name, expect in EXPECTED.items()
    )
    return write(tmp_path_factory.mktemp("study"), plan(predictions=predictions))


def test_the_table_says_of_each_prediction_whether_it_held(study: Path) -> None:
    table = rb.open_study(study).predictions()
    assert list(table["contrast"]) == list(EXPECTED)
    assert list(table["expected"]) == list(EXPECTED.values())
    assert list(table["outcome"]) == ["held", "failed", "undecided"]
    assert "seeds are paired" in table["why"][2]


def test_the_page_and_the_terminal_say_the_same_as_the_table(study: Path) -> None:
    page = build_report(study).read_text()
    part = page[page.index('<section id="predictions">') :].split("</section>")[0]
    console = Console(file=StringIO(), width=200)
    console.print(verdict_table(study))
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    for name, outcome in zip(EXPECTED, ("held", "failed", "undecided"), strict=True):
        assert name in part
        assert f"<strong>{outcome}</strong>" in part
        (line,) = [line for line in shown.splitlines() if line.startswith(f"prediction {name}:")]
        assert outcome in line
    assert "1 held" in rb.open_study(study)._repr_html_()
    assert "1 held" in page[: page.index('<section id="predictions">')]


def test_the_last_screen_says_which_predictions_held(study: Path) -> None:
    console = Console(file=StringIO(), width=300)
    console.print(last_screen(study))
    assert isinstance(console.file, StringIO)
    (line,) = [one for one in console.file.getvalue().splitlines() if "3 predictions" in one]
    assert f"1 held ({NAMES[0]})" in line
    assert f"1 failed ({NAMES[2]})" in line


def test_a_study_without_predictions_says_nothing_of_them(tmp_path: Path) -> None:
    page = build_report(write(tmp_path)).read_text()
    assert 'id="predictions"' not in page
    assert rb.open_study(tmp_path).predictions().empty


def test_a_hostile_name_is_escaped(tmp_path: Path) -> None:
    predictions = (PredictionPlan(contrast=HOSTILE, expect="inert"),)
    page = build_report(write(tmp_path, plan(predictions=predictions))).read_text()
    assert HOSTILE not in page
