"""A training worker is killed in the middle of a run, and then the trial that drives one."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from small_study import called_directly, rows_of, small_source
from struck_group_study import ARMS, SEEDS

from rpbind.ledger import Ledger

SCRIPT = Path(__file__).with_name("struck_group_study.py")


def test_killing_a_worker_and_a_trial_does_not_change_the_bits_of_a_run(
    tmp_path: Path,
) -> None:
    source = small_source(tmp_path / "toy")
    direct = called_directly(source, ARMS, SEEDS, tmp_path / "direct")

    study = tmp_path / "study"
    process = subprocess.run(
        [sys.executable, str(SCRIPT), str(source.data), str(study)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert process.returncode == 0, process.stderr
    # Ray prints there too
    lines = [line for line in process.stdout.splitlines() if line.startswith(("struck ", "left "))]
    struck = ["struck worker of old 0", "struck trial of fixed 1"]
    assert [line.partition(" after ")[0] for line in lines] == struck, (
        process.stdout + process.stderr
    )

    rows = rows_of(study)
    assert {r: row | {"attempt": 0} for r, row in rows.items()} == rows_of(direct.study)
    ended = [row for row in Ledger(study).attempts() if row.stage == "ablation"]
    assert Counter((r.arm, r.seed) for r in ended if r.state == "done") == dict.fromkeys(rows, 1)
    assert {(r.arm, r.seed) for r in ended if r.attempt} == {("fixed", 1)}
