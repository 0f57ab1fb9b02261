"""Tables of windows that are not what `rpbind import table` expects."""

from pathlib import Path

import pytest
from bad_input import IMPORT, WINDOWS, Case, check

CASES = [
    Case(
        "a letter that is no nucleotide",
        IMPORT,
        ("windows.tsv", "line 2", "'X'"),
        {"windows.tsv": WINDOWS.replace("ACGUACGUAC", "ACGUXCGUAC", 1)},
    ),
    Case("an empty table", IMPORT, ("windows.tsv",), {"windows.tsv": ""}),
    Case("no such table", IMPORT.replace("windows.tsv", "nowhere.tsv"), ("nowhere.tsv",)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_table_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
