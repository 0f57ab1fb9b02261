"""The driver of a study on Ray is killed and started again; benchmarks/kills.py does it more."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ray_killed_study import ARMS, SEEDS
from small_study import called_directly, rows_of, small_source

from rpbind.ledger import Ledger
from rpbind.ledger.calls import calls

SCRIPT = Path(__file__).with_name("ray_killed_study.py")


def run(data: Path, study: Path, moment: str, count: int = 1) -> None:
    """Run the study until it dies at a moment, or ends."""
    command = [sys.executable, str(SCRIPT), str(data), str(study), moment, str(count)]
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, capture_output=True, text=True, env=here, check=False)
    assert ended.returncode == (0 if moment == "never" else -signal.SIGKILL), ended.stderr


def test_a_driver_killed_twice_loses_no_run_and_counts_none_twice(
    tmp_path: Path,
) -> None:
    source = small_source(tmp_path / "toy")
    direct = called_directly(source, ARMS, SEEDS, tmp_path / "direct")
    study = tmp_path / "study"
    run(source.data, study, "epoch", 3)
    run(source.data, study, "append", 2)
    run(source.data, study, "never")
    rows = rows_of(study)
    assert {r: row | {"attempt": 0} for r, row in rows.items()} == rows_of(direct.study)
    rows = [row for row in Ledger(study).attempts() if row.stage == "ablation"]
    done = Counter(row.run for row in rows if row.state == "done")
    assert sorted(done.values()) == [1, 1, 1, 1]
    assert (study / "index.html").exists()
    first, *others, last = calls(study)  # one that dies while it repairs the study is not recorded
    assert last.ended
    assert not any(call.ended for call in (first, *others))
