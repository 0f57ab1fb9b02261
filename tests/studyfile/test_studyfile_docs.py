"""docs/study-file.md: its studies can be planned, and the reference has every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rpbind.studyfile.read import read_study
from rpbind.studyfile.reference import TABLES, reference
from rpbind.studyfile.run import Call, request

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "study-file.md").read_text()
FILES = re.findall(r"^```toml[^\n]*\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_reference_has_every_key_once_with_what_it_is() -> None:
    text = reference()
    for model, title in TABLES.values():
        (part,) = [each for each in text.split("### ") if each.startswith(title)]
        rows = re.findall(r"^\| `(\w+)` \| .* \| (.+) \|$", part, flags=re.MULTILINE)
        assert [name for name, _ in rows] == list(model.model_fields)
        assert all(what.endswith((".", ")")) for _, what in rows)


@pytest.mark.parametrize("text", FILES)
def test_every_study_of_the_page_can_be_planned(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(text)
    file = read_study(Path("study.toml"))
    _, _, design, _ = request(file.spec, Call(), place=file.source.place)
    assert len(design.arms) >= 2
