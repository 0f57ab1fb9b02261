"""Studies on a real cluster of three nodes, which are processes of this machine."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from own_model_study import SEEDS, recipe
from real_cluster import HERE, ROOT, Nodes, wait_for

from rpbind.data.splits import SplitSpec
from rpbind.ledger import Ledger
from rpbind.ledger.repair import repair_study
from rpbind.train.machine import Machine
from rpbind.train.run import train_task
from rpbind.train.task import Task

FOREIGN = """
import torch
import torch.nn.functional as F
from torch import nn


class Whole(nn.Module):
    def __init__(self, width: int, hidden: int = 16, dropout: float = 0.0):
        super().__init__()
        self.rna = nn.Conv1d(5, hidden, 7, padding=3)
        self.protein = nn.Linear(width, hidden)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, 1)

    def forward(self, rna, protein):
        seen = self.rna(F.one_hot(rna, 5).float().transpose(1, 2)).amax(2)
        return self.head(self.drop(torch.relu(seen) * torch.sigmoid(self.protein(protein))))[:, 0]
"""
"""The file of a user who has never seen rpbind."""

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


def own_model(words: tuple[object, ...], environment: dict[str, str], dies: bool = False) -> None:
    """Run the study of a whole model of one's own, see own_model_study.py."""
    command = [sys.executable, str(HERE / "own_model_study.py"), *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == (-signal.SIGKILL if dies else 0), ended.stderr


def bits(study: Path) -> dict[int, dict[str, object]]:
    """Return what must be the same in two studies: everything but times, places and attempts."""
    left_out = {"cost", "provenance", "ended", "attempt"}
    return {row.seed: row.model_dump(exclude=left_out) for row in Ledger(study).rows()}


def test_a_foreign_whole_model_has_the_same_bits_killed_resumed_and_on_three_nodes(
    three_nodes: Nodes, shared: Path, tmp_path: Path
) -> None:
    file = tmp_path / "foreign.py"
    file.write_text(FOREIGN)
    data, studies = shared / "world", shared / "foreign"
    direct = Ledger(studies / "direct")
    pairs = tuple((seed, 0) for seed in SEEDS)
    task = Task("whole", recipe(str(file)), pairs, data, SplitSpec(), direct.runs)
    train_task(task, Machine(), "direct", lambda message: None)
    repair_study(direct)

    here = os.environ | {"PYTHONPATH": str(ROOT)}
    own_model((data, studies / "killed", file, 2, "here", 2), here, dies=True)
    own_model((data, studies / "killed", file, 2, "here", "never"), here)
    there, address = three_nodes.environment, three_nodes.address
    own_model((data, studies / "two", file, 2, address, "never"), there)
    own_model((data, studies / "one", file, 1, address, "never"), there)

    assert bits(studies / "one") == bits(direct.study)
    assert bits(studies / "two") == bits(studies / "killed")
    assert {row["state"] for row in bits(studies / "two").values()} == {"done"}
    assert bits(studies / "two") != bits(studies / "one")  # a batch of two workers is another sum
    (kept,) = (studies / "two" / "parts").iterdir()
    assert kept.read_text() == FOREIGN


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
