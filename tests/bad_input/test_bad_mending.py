"""A study that was damaged goes on: what is damaged is set aside first, and said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from bad_input import called

from rpbind import experiment
from rpbind.ledger import Ledger, Plan, Row
from rpbind.search.winners import with_winners
from rpbind.spaces.suggesters import FixedSuggester

SPACE = 'about = "x"\n[[dimension]]\npath = "train.lr"\nkind = "float"\nlow = 1e-4\nhigh = 1e-2\n'
COMMAND = (
    "tune.py --space s.toml --data world --narrower 8 --seeds 2 --reports . --name s --trials 2"
)


def launched(plan: Plan, *asked: Any, **more: Any) -> Plan:
    """A search of which the rows are made up, and no run of its winner."""
    ledger, sweep = Ledger(asked[2]), asked[3]
    (search,) = sweep.searches
    for number in range(sweep.trials):
        drawn = search.base.with_(sweep.space.suggest(FixedSuggester(sweep.space.draw(number))))
        told = {"arm": search.trial(number), "seed": 1000, "state": "done", "stage": "search"}
        made = {"recipe": drawn.model_dump(mode="json"), "recipe_id": drawn.id}
        scores = {"metrics": {"validation.auroc_macro": 0.6 + 0.01 * number}}
        ledger.append(Row.model_validate(told | made | scores | {"ended": "2026-01-02T00:00:00"}))
    ledger.begin(with_winners(plan, sweep, ledger.rows("search")))
    return ledger.plan


def test_the_command_that_made_a_study_sets_damaged_parts_aside_before_it_reads_any(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny, tmp_path / "world")
    (tmp_path / "s.toml").write_text(SPACE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(experiment, "launch", launched)
    assert called(COMMAND) == 3
    (tmp_path / "s/ledger/foreign.parquet").write_text("x")
    assert called("rpbind status s") == 2
    capsys.readouterr()
    assert called(COMMAND) == 3
    assert "foreign.parquet is damaged; it is renamed" in capsys.readouterr().err
    assert called("rpbind status s") == 0
    assert "1 damaged file(s)" in capsys.readouterr().out
