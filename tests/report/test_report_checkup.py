"""Findings before training are on the page: a badge at the arm, a section, a banner."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from synthetic_study import HOSTILE, plan, write

from rpbind.analysis.summary import read
from rpbind.ledger import Finding, Ledger, Row
from rpbind.ledger.records import SEES_COMPANY
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.wording.banners import banners

DEAD = Finding(
    name="RNA ignored",
    severity="error",
    measured=2e-9,
    threshold=1e-5,
    reason="one step of the metrics' rounding",
    advice="Let the RNA reach the head.",
)


def page_with_checks(folder: Path) -> str:
    study_plan = plan(3, 2)
    write(folder, study_plan, lost=False)
    for place, arm in enumerate(study_plan.arms):
        row = Row(arm=arm.name, seed=0, state="failed" if place == 2 else "done", stage="check",
                  recipe=arm.recipe, recipe_id=arm.recipe_id, ended="2026-01-02",
                  metrics={"logits.spread": 0.0625}, findings=(DEAD,) if place == 1 else (),
                  error=f"no vectors {HOSTILE}" if place == 2 else "")  # fmt: skip
        Ledger(folder).append(row)
    return re.sub(r"<script.*?</script>", "", build_report(folder).read_text(), flags=re.DOTALL)


def test_a_finding_is_a_badge_at_its_arm_and_a_row_with_reason_and_advice(tmp_path: Path) -> None:
    page = page_with_checks(tmp_path)
    arms = page[page.index('<section id="arms">') : page.index('<section id="before-training">')]
    assert arms.count('<span class="badge error">error: RNA ignored</span>') == 1
    findings = page[page.index('<section id="findings">') :]
    for text in ("2e−09", "1e−05", "one step of the metrics&#39; rounding", DEAD.advice):
        assert text in findings


def test_the_section_has_every_examined_arm_and_the_banner_those_with_errors(
    tmp_path: Path,
) -> None:
    page = page_with_checks(tmp_path)
    section = page[page.index('<section id="before-training">') : page.index('id="table-check"')]
    assert section.count("<tr>") == 1 + 3
    assert "0.0625" in section
    assert "no vectors &lt;script&gt;" in section
    assert "1 of 3 arms had an error (memory=residue)" in page


def test_an_arm_that_sees_other_windows_is_named_on_the_page_and_in_the_terminal(
    tmp_path: Path,
) -> None:
    study_plan = plan(3, 2)
    write(tmp_path, study_plan, lost=False)
    company = DEAD.model_copy(update={"name": SEES_COMPANY, "severity": "warning"})
    for place, arm in enumerate(study_plan.arms):
        row = Row(arm=arm.name, seed=0, state="done", stage="check", recipe=arm.recipe,
                  recipe_id=arm.recipe_id, ended="2026-01-02",
                  findings=(company,) if place == 1 else ())  # fmt: skip
        Ledger(tmp_path).append(row)
    notes = [note for note in banners(read(Ledger(tmp_path))) if "other windows" in note]
    assert [study_plan.arms[1].name in note for note in notes] == [True]
    assert study_plan.arms[2].name not in notes[0]
    assert 'class="badge warning"' in build_report(tmp_path).read_text()
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(verdict_table(tmp_path))
    assert notes[0] in console.export_text()


def test_a_study_without_check_ups_has_no_such_section(tmp_path: Path) -> None:
    write(tmp_path, plan(2, 2), lost=False)
    assert "before-training" not in build_report(tmp_path).read_text()
