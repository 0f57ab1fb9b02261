"""A search is struck in every way, one after another, and ends as if it had not been."""

import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import optuna
from killed_search import TRIALS
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from small_study import small_source

from rpbind.ledger import Ledger
from rpbind.search.trials import was_interrupted

SCRIPT = Path(__file__).with_name("killed_search.py")
STRIKES = (
    ("term@before", 3),
    ("driver@3", -signal.SIGKILL),
    ("interrupt@3", 3),
    ("disk@3", 75),
    ("term@3", 3),
    ("node@3", 75),
    ("trial@2 interrupt@between", 3),
    ("nothing@0", 0),
)


def run(data: Path, reports: Path, strikes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(data), str(reports), *strikes.split()]
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, env=here, check=False)


def test_a_search_killed_in_every_way_makes_every_trial_once_and_restarts_none(
    tmp_path: Path,
) -> None:
    data = small_source(tmp_path / "toy").data
    epochs_of: dict[str, list[int]] = {}
    for strikes, code in STRIKES:
        ended = run(data, tmp_path, strikes)
        assert ended.returncode == code, (strikes, ended.stderr)
        assert "Traceback" not in ended.stderr, (strikes, ended.stderr)
        if code in (3, 75):
            assert "it continues with what is missing" in ended.stderr, strikes
        if code == 3:
            assert "Stopped." in ended.stderr, strikes
            assert f"{SCRIPT} {data} {tmp_path} {strikes}" in ended.stderr, strikes
        for line in ended.stdout.splitlines():
            if line.startswith("epoch "):
                _, arm, epoch = line.split()
                epochs_of.setdefault(arm, []).append(int(epoch))
    searched = {arm: epochs for arm, epochs in epochs_of.items() if arm.startswith("trial-")}
    assert all(a < b for epochs in searched.values() for a, b in pairwise(epochs)), searched

    study = tmp_path / "study"
    journal = JournalStorage(JournalFileBackend(str(study / "optuna.journal")))
    trials = optuna.load_study(study_name="search", storage=journal).trials
    assert {t.state.name for t in trials} <= {"COMPLETE", "PRUNED", "FAIL"}
    counted = [t for t in trials if "interrupted" not in t.user_attrs]
    arms = {t.user_attrs["arm"]: t.state.name for t in counted}
    assert len(counted) == len(arms) == TRIALS
    rows = [row for row in Ledger(study).attempts() if row.stage == "search"]
    ends = Counter(row.arm for row in rows if not was_interrupted(row))
    assert set(ends) == set(arms)
    assert set(ends.values()) == {1}
    known = {"done": "COMPLETE", "stopped": "PRUNED"}
    assert {row.arm: known[row.state] for row in rows if not was_interrupted(row)} == arms
    assert (study / "index.html").exists()
