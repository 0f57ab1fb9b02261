"""The list of a folder's studies: one line for each, whatever is wrong with one of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest

import rpbind as rb
from rpbind.analysis import summary
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.report.live import LivePage
from rpbind.report.publish import publish, renew_index
from rpbind.report.studies_page import LOCK, link, write_index
from rpbind.several.entries import entries, entry
from rpbind.several.state import ended

sys.path.append(str(Path(__file__).parents[1] / "report"))  # the synthetic studies stand there

from synthetic_study import HOSTILE, done, plan, write
from twelve_studies import all_failed, one_arm, search


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four studies with pages: two arms, a search, one that failed, and one of one arm."""
    reports = tmp_path_factory.mktemp("reports")
    latest = plan(2, 4, name="With residues", created="2026-03-01T09:00:00+00:00")
    write(reports / "two-arms", latest, lost=False)
    for make in (search, all_failed, one_arm):
        make(reports / make.__name__)
    for folder in sorted(reports.iterdir()):
        build_report(folder)
    return reports


@pytest.fixture
def reports(made: Path, tmp_path: Path) -> Path:
    """A copy of the folder, for tests that change it."""
    return Path(shutil.copytree(made, tmp_path / "reports"))


def lines(page: str) -> dict[str, str]:
    """Return {the first cell: the whole line} of the page's table, without tags."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for row in body.split("</tr>")[:-1]:
        text = re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", row))).strip()
        found[unescape(re.sub("<[^>]+>", " ", row.partition("</th>")[0])).split()[-1]] = text
    return found


def test_a_line_has_the_first_sentence_of_the_answer_with_its_size(made: Path) -> None:
    found = {each.folder: each for each in entries(made)}
    for name, one in found.items():
        answer = json.loads((made / name / "findings.json").read_text())["answer"]
        assert ([one.answer] if one.answer else []) == answer[:1]
    assert re.search(r"raises AUROC by 0\.0\d+ \(0\.0\d+ to 0\.0\d+\)", found["two-arms"].answer)
    assert found["two-arms"].title == "With residues"
    assert (found["all_failed"].state, found["all_failed"].done) == ("failed", 0)
    assert "CUDA out of memory" in found["all_failed"].missing
    assert {found[name].state for name in ("two-arms", "search", "one_arm")} == {"done"}
    assert entries(made)[0].folder == "two-arms"  # it began last


def test_no_verdict_is_computed_again_for_the_list(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "summarise", pytest.fail)
    monkeypatch.setattr(Ledger, "attempts", pytest.fail)
    assert len(entries(made)) == 4


def test_the_page_links_every_study_and_shows_notes_as_text(reports: Path) -> None:
    odd = shutil.copytree(reports / "one_arm", reports / 'a:b?<i>"#')
    rb.note(odd, HOSTILE, tag=["paper"])
    page = write_index(reports).read_text()
    assert HOSTILE not in page
    assert "<i>" not in page
    for address in re.findall(r'<a href="([^"]+)"', page):
        assert re.fullmatch(r"\./[\w.%-]+/index\.html", address)
    assert f'href="{link(odd.name, "index.html")}"' in page
    assert page.count("<tr>") == 1 + 5


def test_a_study_is_running_while_a_process_runs_it_and_then_interrupted_or_done(
    tmp_path: Path,
) -> None:
    study = tmp_path / "reports" / "new"
    ledger = Ledger(study)
    ledger.begin(plan(2, 2))
    assert entry(study).state == "no report"
    with ledger.drive("test"):
        for arm in ledger.plan.arms:
            ledger.append(done(arm, 0, 0.05, 1, 6))
        assert LivePage(study).refresh()
        line = lines((study.parent / "index.html").read_text())["new"]
    assert "running" in line
    assert "2 of 4" in line
    assert "Interim" in line
    assert "AUROC by" not in line  # it has no verdict before it ends
    publish(study)
    assert entry(study).state == "interrupted"
    for arm in ledger.plan.arms:
        ledger.append(done(arm, 1, 0.05, 1, 6))
    publish(study)
    assert entry(study).state == "done"


def test_the_state_of_a_study_that_has_ended_follows_from_its_runs() -> None:
    assert ended(4, 4, []) == "done"
    assert ended(2, 4, ["planned", "stopped"]) == "interrupted"
    assert ended(0, 2, ["never made", "never made"]) == "failed"  # its search has no winner
    for state in ("failed", "diverged", "lost"):
        assert ended(3, 4, [state]) == "failed"


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("plan.json", b"{", "plan.json is not a plan"),
        ("plan.json", None, "holds no study"),
        ("plan.json", b'{"schema": 99}', "update rpbind"),
        ("findings.json", b"{}", "findings.json is damaged"),
        ("findings.json", b"\xff\x00", "findings.json is damaged"),
        ("findings.json", b"[" * 99_999, "findings.json is damaged"),
        ("note.json", b"[]", "not a note that this version can read"),
    ],
)
def test_a_damaged_study_is_a_line_with_the_reason_beside_all_others(
    reports: Path, file: str, content: bytes | None, says: str
) -> None:
    study = reports / "one_arm"
    if content is None:
        (study / file).unlink()
        (study / "driver").write_text("{}")
    else:
        (study / file).write_bytes(content)
    found = lines(write_index(reports).read_text())
    assert set(found) == {"two-arms", "search", "all_failed", "one_arm"}
    assert says in found["one_arm"]
    assert "raises AUROC by" in found["two-arms"]
    assert ("done" if file == "note.json" else "unreadable") in found["one_arm"]


def test_folders_that_are_no_studies_are_not_in_the_list(reports: Path) -> None:
    (reports / "empty").mkdir()
    (reports / "notes.txt").write_text("x")
    (reports / "gone").symlink_to(reports / "nowhere")
    assert len(entries(reports)) == 4


def test_a_study_that_may_not_be_read_is_a_line_that_says_so(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reports)
    reports.chmod(0o755)
    Path("one_arm").chmod(0)
    user = os.geteuid()
    try:
        if user == 0:  # root may read whatever there is
            os.seteuid(65534)
        found = {each.folder: each for each in entries(Path())}
    finally:
        os.seteuid(user)
        Path("one_arm").chmod(0o755)
    assert found["one_arm"].state == "unreadable"
    assert "Permission denied" in found["one_arm"].problem
    assert len(found) == 4


def test_studies_that_end_at_once_lose_no_line(reports: Path) -> None:
    studies = [shutil.copytree(reports / "one_arm", reports / f"copy-{n}") for n in range(8)]
    for study in studies:
        (study / "findings.json").rename(study / "later.json")

    def end(study: Path) -> None:
        (study / "later.json").rename(study / "findings.json")
        assert renew_index(study)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, studies))
    found = lines((reports / "index.html").read_text())
    assert len(found) == 12
    assert sum("3 of 3" in found[study.name] for study in studies) == 8


def test_a_page_of_the_users_own_is_never_replaced(
    reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = reports / "index.html"
    for content in (b"<h1>my page</h1>", b"\xff\xfe", b""):
        page.write_bytes(content)
        with pytest.raises(rb.UserError, match="not a list of studies"):
            write_index(reports)
        assert publish(reports / "one_arm").exists()
        assert page.read_bytes() == content
    assert "list of studies is not written" in capsys.readouterr().err


def test_a_report_is_written_where_the_list_cannot_be(
    reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (reports / LOCK).mkdir()
    assert publish(reports / "one_arm").exists()
    assert not (reports / "index.html").exists()
    assert "list of studies is not written" in capsys.readouterr().err
