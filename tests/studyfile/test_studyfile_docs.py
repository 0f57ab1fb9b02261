"""docs/study-file.md: its tables are the schema, and its studies can be planned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rpbind.studyfile.read import read_study
from rpbind.studyfile.reference import reference
from rpbind.studyfile.run import Call, request

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "study-file.md").read_text()
FILES = re.findall(r"^```toml[^\n]*\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_tables_of_the_page_are_those_of_the_schema() -> None:
    """`rpbind.studyfile.reference.reference()` returns what they must be."""
    assert PAGE.endswith(reference() + "\n")


@pytest.mark.parametrize("text", FILES)
def test_every_study_of_the_page_can_be_planned(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(text)
    file = read_study(Path("study.toml"))
    _, _, design, _ = request(file.spec, Call(), place=file.source.place)
    assert len(design.arms) >= 2
