"""Invalid files of Optuna in a study's folder are replaced by new ones."""

from pathlib import Path

import optuna
import pytest
from toy_search import toy_sweep

from rpbind.search.storage import FOLDER_ID, open_storage, open_study


@pytest.mark.parametrize(
    "journal",
    ["{}\n", '{"op_code": 99}\n', '{"op_code": 0, "worker_id": "x"}\n', "[1]\n", "\0\1\n", "{"],
)
def test_an_invalid_journal_is_replaced(journal: str, tmp_path: Path) -> None:
    (tmp_path / "optuna.journal").write_text(journal)
    sweep = toy_sweep(2)
    study = open_study(open_storage(None, tmp_path), sweep.searches[0], sweep.config, tmp_path)
    assert study.trials == []


def test_an_invalid_folder_id_is_replaced_by_one_that_stays(tmp_path: Path) -> None:
    (tmp_path / FOLDER_ID).write_bytes(b"\xff")
    sweep, storage = toy_sweep(2), optuna.storages.InMemoryStorage()
    names = {
        open_study(storage, sweep.searches[0], sweep.config, tmp_path).study_name for _ in range(2)
    }
    assert len(names) == 1
