"""Processes of a real Ray, ended by their pids, and a cluster that takes commands."""

from __future__ import annotations

import contextlib
import importlib
import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def end(process: subprocess.Popen[str]) -> None:
    """End a process and all its descendants, by their pids."""
    import ray  # noqa: F401  # it is installed with psutil

    psutil = importlib.import_module("psutil")
    tree = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for each in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait(60)
    psutil.wait_procs(tree, 60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(process: subprocess.Popen[str], word: str) -> str:
    """Read the output of a process until a line contains `word`, and return that line."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return line
    raise AssertionError(f"the output lacks {word!r}: {''.join(lines)}")


@dataclass
class Nodes:
    """Three nodes: a head without CPUs, and two with one each."""

    process: subprocess.Popen[str]
    address: str
    environment: dict[str, str]

    def ask(self, word: str) -> str:
        """Send the cluster a command and return its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(wait_for(self.process, "{"))["answer"]
