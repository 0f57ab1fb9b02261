"""`--storage`: a database that cannot be opened is refused; one that is lost pauses the study."""

import sqlite3
import sys
from pathlib import Path

import optuna
import pytest
from sqlalchemy.exc import IntegrityError
from toy_search import drive, opened, toy_sweep

from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.errors import PausedError, UserError
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.database import open_database, pausing_if_lost
from rpbind.train.opened import OpenData

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nowhere://x", "cannot be opened .Can't load plugin"),
        ("", "cannot be opened .Could not parse"),
        ("sqlite:////nowhere/x.db", "cannot be opened .unable to open database file.. It is a URL"),
        ("oracle+nowhere://me:secret@host/x", r"oracle\+nowhere://me:\*\*\*@host/x cannot"),
    ],
)
def test_a_database_that_cannot_be_opened_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(UserError, match=f"--storage .*{why}") as error:
        open_database(url)
    assert "secret" not in str(error.value)
    assert "sqlalche.me" not in str(error.value)


def test_the_error_about_a_missing_driver_names_the_extra_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match=r"\[postgresql\]") as error:
        open_database("postgresql://me:secret@host/x")
    assert "secret" not in str(error.value)


def test_a_database_of_another_optuna_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    open_database(url)
    with sqlite3.connect(tmp_path / "old.db") as tables:
        tables.execute("update alembic_version set version_num = 'v2.4.0.a'")
    with pytest.raises(UserError, match="another version of Optuna"):
        open_database(url)


def as_tune_would(loop: AskTellLoop) -> None:
    try:
        loop.ask()
    except Exception:
        raise RuntimeError("only the text of it") from None


def test_a_locked_database_pauses_a_search_and_loses_nothing(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}?timeout=0.01"
    sweep = toy_sweep(6, config=SearchConfig(storage=url))
    (loop,) = opened(sweep, tmp_path / "study")
    other = sqlite3.connect(tmp_path / "all.db", isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(PausedError, match=r"has failed \(database is locked"), pausing_if_lost(url):
        as_tune_would(loop)
    other.execute("rollback")
    (loop,) = opened(sweep, tmp_path / "study")
    assert len(drive(loop, tmp_path / "study")) == 6


def test_other_errors_do_not_pause_the_study() -> None:
    wrong_query = IntegrityError("insert", {}, ValueError("twice"))
    for error in (ValueError("a bug"), wrong_query):
        with pytest.raises(type(error)), pausing_if_lost("sqlite:///x.db"):
            raise error


def test_a_plan_has_no_password(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://me:secret@host/trials"
    monkeypatch.setattr("sys.argv", ["tune.py", "--storage", url, f"--storage={url}"])
    sweep = toy_sweep(2, config=SearchConfig(storage=url))
    design = Design("search", (), ())
    plan = make_plan(
        "t",
        Question("", "", ""),
        design,
        (0,),
        DataSource(OpenData(tiny), SplitSpec()),
        sweep=sweep,
    )
    assert "me:***@host/trials" in plan.command
    assert "secret" not in plan.model_dump_json()
