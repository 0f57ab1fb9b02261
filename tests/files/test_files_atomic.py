import errno
from pathlib import Path

import pytest

from rpbind.files.atomic import write_folder


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "model", {"a": b"1", "parts/b.py": b"2"})
    write_folder(tmp_path / "model", {"a": b"3"})
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "a"]
    assert (tmp_path / "model" / "a").read_bytes() == b"3"


def test_a_folder_that_cannot_be_replaced_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, rename = tmp_path / "model", Path.rename
    write_folder(model, {"a": b"1"})
    targets: list[Path] = []

    def fails_once(self: Path, target: Path) -> Path:
        targets.append(target)
        if targets.count(model) == 1 and target == model:
            raise OSError(errno.EIO, "the disk has an error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_once)
    with pytest.raises(OSError, match="the disk has an error"):
        write_folder(model, {"a": b"2"})
    assert targets.count(model) == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "a"]
    assert (model / "a").read_bytes() == b"1"
