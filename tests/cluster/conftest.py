"""A job server and a cluster of three nodes, each started once per module, ended by pids."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_cluster import HERE, ROOT, Nodes, end, free_port, wait_for

from rpbind.data.world import World, simulate
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Storage that all nodes share (they are on one machine): a dataset in `world`."""
    folder = tmp_path_factory.mktemp("shared")
    dataset = simulate(folder / "world", World(proteins=4, sites=12, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder / "world", make_encoder("physchem"), sequences)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A working directory with an experiment, and with files that must not be sent."""
    folder = tmp_path / "project"
    for name in ("page.py", "data/big.bin", "reports/old/index.html", ".secret", "ignored.bin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("left behind")
    shutil.copy(HERE / "toy_experiment.py", folder / "page.py")
    (folder / ".gitignore").write_text("*.bin\n")
    return folder


@pytest.fixture(scope="module")
def job_server() -> Iterator[str]:
    """The address of a job server on loopback, of a separate Ray with this process's token."""
    port = free_port()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # `python` is this one
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
    ports = f"--port=0 --dashboard-agent-listen-port=0 --dashboard-port={port}"
    options = f"{ports} --dashboard-host=127.0.0.1 --num-cpus=1"
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        server = subprocess.Popen(
            [*ray, *options.split(), f"--temp-dir={folder}", "--disable-usage-stats"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path},
        )
        try:
            wait_for(server, "block")
            yield f"http://127.0.0.1:{port}"
        finally:
            end(server)


@pytest.fixture(scope="module")
def three_nodes() -> Iterator[Nodes]:
    """A cluster of three nodes with a token; the variables that keep Ray on loopback are unset."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_ENABLE", "RAY_TRAIN"))}
    environment = kept | {"PYTHONPATH": str(ROOT), "RAY_ADDRESS": ""}
    process = subprocess.Popen(
        [sys.executable, str(HERE / "three_nodes.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        address = json.loads(wait_for(process, "{"))["answer"]
        yield Nodes(process, address, environment)
    finally:
        end(process)
