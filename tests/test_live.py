"""Progress in a notebook, in a terminal, and in a file, without a browser."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from rpbind.live import is_notebook

CELL = """
from rpbind.run.progress import StudyProgress
from rpbind.run.watch import Watch
from rpbind.terminal import phase, progress
with progress("embedding") as bar:
    for done in range(400):
        bar(done + 1, 400)
with phase("starting Ray"):
    pass
with Watch(StudyProgress(2)) as watch:
    watch.start_trial("t", "conv", [0], 3)
    watch.end_epoch("t", "conv", {"epoch": 2.0, "seed": 0.0})
"""


def test_a_bar_is_one_display_that_changes_in_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No widgets, no warnings, no terminal codes, and nothing on stdout."""
    monkeypatch.setenv("FORCE_COLOR", "1")  # as some notebook servers do
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    updates: list[str] = []

    class Client(NotebookClient):
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "update_display_data":
                updates.append(msg["content"]["data"]["text/plain"])
            return super().process_message(msg, cell, cell_index)

    where = {"metadata": {"path": str(tmp_path)}}
    Client(notebook, kernel_name="python3", timeout=120, resources=where).execute()
    outputs = notebook.cells[0]["outputs"]
    displays = [one["data"] for one in outputs if one["output_type"] == "display_data"]
    bar, watch = (data["text/plain"] for data in displays)
    assert bar.startswith("embedding ")
    assert "0/2" in watch
    assert "1 running: conv seed 0 epoch 2" in watch
    assert 2 <= len(updates) < 20, "400 steps are not 400 messages to the browser"
    assert {"text/plain"} == set().union(*displays)
    streams = {one["name"]: one["text"] for one in outputs if one["output_type"] == "stream"}
    assert streams == {"stderr": "starting Ray\n"}
    assert "\x1b" not in bar + watch


def test_a_file_gets_plain_lines_also_where_color_is_forced() -> None:
    script = CELL + "\nimport sys; print('end', file=sys.stderr)"
    here = os.environ | {"FORCE_COLOR": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=here
    )
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == ["embedding", "starting Ray", "end"]


def test_this_process_is_no_notebook() -> None:
    assert not is_notebook()
