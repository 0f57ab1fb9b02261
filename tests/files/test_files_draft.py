"""Draft folders under signals, kills, races and missing permissions, with real processes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.data.subset import subset
from rpbind.data.world import World, simulate
from rpbind.errors import UserError
from rpbind.files.draft import check_new, draft_folder
from rpbind.importers.importers import ImportOptions, import_fasta
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder

MAKING = """
import signal, sys
from pathlib import Path
from rpbind.files.draft import draft_folder

if "nohup" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
with draft_folder(Path(sys.argv[1])) as draft:
    (draft / "half").write_text("half")
    print("half", flush=True)
    sys.stdin.readline()
"""

Process = subprocess.Popen[str]


@pytest.fixture
def half_way(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a process that makes `tmp_path/name`, and wait until it has made half of it."""
    begun: list[Process] = []

    def begin(name: str = "toy", *words: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", MAKING, str(tmp_path / name), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def finish(process: Process) -> int:
    process.communicate("\n")
    return process.returncode


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_terminated_process_leaves_no_half_folder(
    tmp_path: Path, half_way: Callable[..., Process], number: int, code: int
) -> None:
    process = half_way()
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(number)
    assert process.wait() == code
    assert list(tmp_path.iterdir()) == []


def test_a_process_under_nohup_continues_when_the_terminal_closes(
    tmp_path: Path, half_way: Callable[..., Process]
) -> None:
    process = half_way("toy", "nohup")
    process.send_signal(signal.SIGHUP)
    assert finish(process) == 0
    assert [path.name for path in (tmp_path / "toy").iterdir()] == ["half"]


def test_the_next_process_removes_the_draft_of_a_killed_one_and_no_other_file(
    tmp_path: Path, half_way: Callable[..., Process]
) -> None:
    for name in ("toy", "toy.b"):
        process = half_way(name)
        process.kill()
        process.wait()
    of_a_file = tmp_path / f".toy.{'0' * 32}"
    of_a_file.touch()
    with draft_folder(tmp_path / "toy"):
        pass
    left = sorted(path.name for path in tmp_path.iterdir() if path != of_a_file)
    assert left[1:] == ["toy"]
    assert re.fullmatch(r"\.toy\.b\.[0-9a-f]{32}", left[0])
    assert of_a_file.exists()


def test_the_slower_of_two_processes_that_make_one_folder_gets_an_error(
    tmp_path: Path, half_way: Callable[..., Process]
) -> None:
    faster = half_way()
    (living,) = tmp_path.iterdir()
    slower = ExitStack()
    slower.enter_context(draft_folder(tmp_path / "toy"))
    assert (living / "half").exists()
    assert finish(faster) == 0
    with pytest.raises(UserError, match="exists already"):
        slower.close()
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_signal_handlers_are_restored(tmp_path: Path) -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with draft_folder(tmp_path / "toy"):
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be made: .*/file is not a folder"):
        check_new(tmp_path / "file" / "deep" / "toy")


def may_not_write(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Deny writes below a folder; real permissions do not bind root."""
    mkdir = Path.mkdir

    def no_mkdir(path: Path, *args: Any, **kwargs: Any) -> None:
        if folder in path.parents and not path.exists():
            raise PermissionError(13, "Permission denied", str(path))
        mkdir(path, *args, **kwargs)

    def no_file(dir: Path) -> Any:
        if folder in (dir, *dir.parents):
            raise PermissionError(13, "Permission denied", str(dir))
        return made(dir=dir)

    made = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    monkeypatch.setattr(Path, "mkdir", no_mkdir)


def test_a_folder_without_write_permission_is_refused_before_any_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    may_not_write(monkeypatch, tmp_path / "theirs")
    out = tmp_path / "theirs" / "deep" / "toy"
    there = ImportOptions(
        tmp_path / "nor is this", out, lambda genes, sequences: np.zeros(0, np.int32)
    )
    with pytest.raises(UserError, match=r"you may not write to .*/theirs \("):
        import_fasta(tmp_path / "is not even there", there)


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A dataset that can be read and not written; it has no frozen split yet."""
    dataset = simulate(tmp_path / "theirs", World(proteins=4, sites=12, length=31))
    may_not_write(monkeypatch, dataset.root)
    return dataset


def test_a_split_that_cannot_be_frozen_names_the_command_to_run_once(theirs: Dataset) -> None:
    once = rf"run once: rpbind split {theirs.root} --rule cold-rna --seed 0\."
    with pytest.raises(UserError, match=once):
        load_split(theirs, SplitSpec())


def test_an_embedding_store_that_cannot_be_built_names_the_command_to_run_once(
    theirs: Dataset,
) -> None:
    once = rf"run once: rpbind embed {theirs.root} --encoder random\."
    with pytest.raises(UserError, match=once):
        build_store(theirs.root, make_encoder("random"), ["MKV"])


def test_a_frozen_split_and_a_whole_embedding_store_are_read_without_write_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = simulate(tmp_path / "theirs", World(proteins=4, sites=12, length=31))
    frozen = load_split(dataset, SplitSpec())
    store = build_store(dataset.root, make_encoder("random"), ["MKV"])
    may_not_write(monkeypatch, dataset.root)
    assert load_split(dataset, SplitSpec()).sha256 == frozen.sha256
    again = build_store(dataset.root, make_encoder("random"), ["MKV"])
    assert again.sha256 == store.sha256
    assert subset(dataset, tmp_path / "mine", 2).manifest.windows == 8
