"""What Optuna's files in a study's folder hold is checked: what is none is made anew."""

from pathlib import Path

import optuna
import pytest
from toy_search import sweep

from rpbind.search.sampling import SIGN, open_storage, open_study


@pytest.mark.parametrize(
    "journal",
    ["{}\n", '{"op_code": 99}\n', '{"op_code": 0, "worker_id": "x"}\n', "[1]\n", "\0\1\n", "{"],
)
def test_a_journal_that_is_none_is_made_anew(journal: str, tmp_path: Path) -> None:
    (tmp_path / "optuna.journal").write_text(journal)
    asked = sweep(2)
    study = open_study(open_storage(None, tmp_path), asked.lanes[0], asked.how, tmp_path)
    assert study.trials == []


def test_a_sign_that_is_none_is_drawn_anew_and_stays(tmp_path: Path) -> None:
    (tmp_path / SIGN).write_bytes(b"\xff")
    asked, storage = sweep(2), optuna.storages.InMemoryStorage()
    names = {open_study(storage, asked.lanes[0], asked.how, tmp_path).study_name for _ in range(2)}
    assert len(names) == 1
