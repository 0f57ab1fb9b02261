"""Arrays that grow on disk are those that grow in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rpbind.data.alphabet import encode, pad
from rpbind.data.growing import GrowingWindows
from rpbind.files import spill
from rpbind.files.draft import draft_folder, scratch_folder
from rpbind.files.spill import Growing, taken

WINDOWS = [encode("ACGU")[None], encode("ACGUNN")[None], np.stack([encode("GGGG")] * 3)]


def test_rows_on_disk_are_those_in_memory_and_need_no_memory(tmp_path: Path) -> None:
    parts = [np.arange(6, dtype=np.int32).reshape(3, 2), np.ones((2, 2), dtype=np.int32)]
    with spill.spilling_to(tmp_path):
        grown = Growing()
        for part in parts:
            grown.add(part)
        mapped = grown.array()
        some = taken(mapped, np.array([4, 0, 0]))
    assert isinstance(mapped, np.memmap)
    assert isinstance(some, np.memmap)
    np.testing.assert_array_equal(mapped, np.concatenate(parts))
    np.testing.assert_array_equal(some, np.concatenate(parts)[[4, 0, 0]])


def test_rows_of_another_kind_are_a_mistake(tmp_path: Path) -> None:
    with spill.spilling_to(tmp_path):
        grown = Growing()
        grown.add(np.zeros((1, 2)))
        with pytest.raises(ValueError, match="after"):
            grown.add(np.zeros((1, 3)))


@pytest.mark.parametrize("on_disk", [False, True])
def test_windows_of_several_lengths_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_disk: bool
) -> None:
    monkeypatch.setattr(spill, "BLOCK", 2)
    grown = GrowingWindows()
    with spill.spilling_to(tmp_path) if on_disk else spill.spilling_to(None):  # type: ignore[arg-type]
        for part in WINDOWS:
            grown.add(part)
        found = grown.array()
    assert isinstance(found, np.memmap) == on_disk
    np.testing.assert_array_equal(found, pad(WINDOWS))


def test_scratch_files_are_gone_after_the_block_and_the_output_can_be_made_meanwhile(
    tmp_path: Path,
) -> None:
    with scratch_folder(tmp_path / "out") as folder:
        (folder / "big.rows").write_bytes(b"x")
        with draft_folder(tmp_path / "out") as draft:
            (draft / "part").write_bytes(b"y")
        assert folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_process_has_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from rpbind.files.draft import "
        "scratch_folder\nwith scratch_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'big.rows').write_bytes(b'x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "big.rows").exists()
    with scratch_folder(tmp_path / "out"):
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []
