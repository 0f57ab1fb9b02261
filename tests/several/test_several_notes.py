"""A note on a study stands beside its record: pages show it, and no result depends on it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import rpbind as rb
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.several.note import FILE, change_note, read_note

sys.path.append(str(Path(__file__).parents[1] / "report"))  # the synthetic studies stand there

from synthetic_study import HOSTILE, plan, write


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write(tmp_path / "mine", plan(2, 2), lost=False)


def test_a_note_and_tags_are_kept_changed_and_removed(study: Path) -> None:
    rb.note(study, "  the run for the paper\r\nwith 2 seeds ", tag=["paper", "2026/q4"])
    kept = rb.note(study)
    assert kept.text == "the run for the paper\nwith 2 seeds"
    assert kept.tags == ("paper", "2026/q4")
    assert rb.note(study, tag=["paper", "更新"], untag=["2026/q4"]).tags == ("paper", "更新")
    assert read_note(study).text == kept.text
    assert rb.note(study, "").text == ""
    assert read_note(study).tags == ("paper", "更新")


def test_a_note_changes_neither_plan_nor_rows_nor_findings(study: Path) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(path.relative_to(study)): path.read_bytes()
            for path in study.rglob("*")
            if path.is_file() and path.name not in ("index.html", FILE, ".note.lock")
        }

    build_report(study)
    before = files()
    rb.note(study, "new", tag=["paper"])
    assert files() == before
    assert json.loads((study / FILE).read_text())["text"] == "new"


def test_the_page_of_a_study_shows_its_note_as_text(study: Path) -> None:
    build_report(study)
    rb.note(study, HOSTILE, tag=["paper"])
    page = (study / "index.html").read_text()
    head = page.partition("<main>")[0]
    assert "&lt;script&gt;alert(" in head
    assert HOSTILE not in page
    assert '<span class="tag">paper</span>' in head


def test_tags_that_are_given_at_once_are_all_kept(study: Path) -> None:
    tags = [f"tag-{n}" for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda tag: change_note(study, tag=[tag]), tags))
    assert sorted(read_note(study).tags) == tags


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"tag": ["two words"]}, "one word"),
        ({"tag": ["-x"]}, "begins with a letter"),
        ({"tag": [""]}, "one word"),
        ({"tag": ["a" * 41]}, "at most 40 characters"),
        ({"tag": "paper"}, "tag"),
        ({"untag": ["never"]}, "has no tag 'never'"),
        ({"tag": ["a"], "untag": ["a"]}, "added and removed"),
        ({"text": "a" * 2001}, "at most 2,000 characters"),
        ({"text": "a\x1b[31m"}, "cannot be shown"),
        ({"text": "a\udcff"}, "cannot be shown"),
    ],
)
def test_what_no_note_can_be_is_refused_and_the_note_stays(
    study: Path, words: dict[str, object], says: str
) -> None:
    rb.note(study, "first", tag=["kept"])
    before = (study / FILE).read_bytes()
    with pytest.raises(rb.UserError, match=says):
        rb.note(study, **words)  # type: ignore[arg-type]
    assert (study / FILE).read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{", '{"schema": 2}', '{"schema": 1, "owner": "me"}', "[" * 9999, '{"tags": 1}']
)
def test_a_damaged_note_is_said_on_the_page_and_never_written_over(
    study: Path, content: str
) -> None:
    (study / FILE).write_text(content)
    with pytest.raises(rb.UserError, match="not a note that this version can read"):
        rb.note(study, tag=["new"])
    assert (study / FILE).read_text() == content
    assert "not a note that this version can read" in build_report(study).read_text()


def test_a_note_stays_where_the_page_cannot_be_written_again(study: Path) -> None:
    build_report(study)
    row = next(Ledger(study).rows_folder.glob("*.parquet"))
    row.write_bytes(row.read_bytes()[:50])
    assert rb.note(study, "damaged?").text == "damaged?"
    assert read_note(study).text == "damaged?"
    assert "damaged?" in (study.parent / "index.html").read_text()


def test_the_command_prints_what_is_there(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rpbind import cli

    for line in ('"look again" --tag a --tag b', "--untag a", "--clear"):
        sys.argv = ["rpbind", "note", str(study), *shlex.split(line)]
        with pytest.raises(SystemExit, match="0"):
            cli.main()
    assert capsys.readouterr().out.splitlines() == [
        "note: look again", "tags: a, b", "note: look again", "tags: b", "note: none",
        "tags: b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("nowhere new", "holds no study"),
        ("file.txt new", "holds no study"),
        (". new", "holds no study"),
        ("newer new", "update rpbind"),
        ("locked new", ".note.lock"),
        ("mine new --clear", "Leave out one of them"),
        ("mine --tag ''", "empty"),
        ("mine ''", "empty"),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused_by_the_command(
    study: Path,
    words: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from rpbind import cli

    monkeypatch.chdir(study.parent)
    Path("file.txt").write_text("x")
    for name in ("newer", "locked"):
        write(Path(name), plan(1, 1, contrasts=(), controls=()), lost=False)
    Path("newer/plan.json").write_text('{"schema": 99}')
    Path("locked/.note.lock").mkdir()
    sys.argv = ["rpbind", "note", *shlex.split(words)]
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert says in " ".join(capsys.readouterr().err.split())
    assert not list(Path().rglob(FILE))


def test_a_study_that_may_not_be_written_is_said_and_has_no_note(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    study.chmod(0o555)
    user = os.geteuid()
    try:
        if user == 0:  # root may write wherever it likes
            os.seteuid(65534)
        with pytest.raises(rb.UserError, match="Permission denied"):
            rb.note(".", "new")
    finally:
        os.seteuid(user)
        study.chmod(0o755)
    assert not (study / FILE).exists()
