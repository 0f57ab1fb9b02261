"""Studies on a real cluster of three nodes, which are processes of this machine."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from real_cluster import ROOT, Nodes, wait_for

from rpbind.ledger import Ledger

ABLATE = [sys.executable, str(ROOT / "experiments" / "ablate.py")]


def ablate(nodes: Nodes, *words: object, folder: Path, **how: Any) -> subprocess.Popen[str]:
    """Start the main job on the cluster, with its output as a pipe."""
    command = [*ABLATE, "--address", nodes.address, *map(str, words)]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=nodes.environment,
    )


def refused(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 2, output
    assert "Traceback" not in output
    return " ".join(output.split())


def test_the_main_job_ends_well_although_a_node_is_lost_in_the_middle(
    three_nodes: Nodes, shared: Path, tmp_path: Path
) -> None:
    words = ("--data", shared / "world", "--reports", shared / "reports", "--smoke")
    study = ablate(three_nodes, *words, "--name", "lost", folder=tmp_path)
    assert "shared by 3 node(s)" in wait_for(study, "storage ")
    wait_for(study, "2/32 ")  # 28 runs, and two with each of the control's vectors
    assert three_nodes.ask("remove") == "removed"
    output, _ = study.communicate(timeout=300)
    assert study.returncode == 0, output
    rows = Ledger(shared / "reports" / "lost").rows()
    assert len(rows) == 28
    assert {row.state for row in rows} == {"done"}


def test_a_run_that_fits_on_no_node_is_refused_before_anything_is_queued(
    three_nodes: Nodes, shared: Path, tmp_path: Path
) -> None:
    words = ("--data", shared / "world", "--reports", shared / "reports", "--name", "wide")
    output = refused(ablate(three_nodes, *words, "--cpus-per-worker", "2", folder=tmp_path))
    assert "One run needs 2 CPU on one node; there is room for 0. Ray has " in output
    assert not (shared / "reports" / "wide" / "plan.json").exists()
