import os
from pathlib import Path
from typing import Any

import pytest
import torch

from rpbind.errors import UserError
from rpbind.train import checkpoint

CONTENT = {"weights": {"w": torch.arange(3.0)}, "seed": 7, "best": (1, float("inf"), {})}


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "runs" / "run.pt", CONTENT)
    back = checkpoint.load(tmp_path / "runs" / "run.pt", "Do this.")
    assert torch.equal(back["weights"]["w"], torch.arange(3.0))
    assert (back["seed"], back["best"]) == (7, (1, float("inf"), {}))


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "torch.save"])
def test_a_write_that_fails_at_any_step_leaves_the_old_checkpoint(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OSError("no space left on device")

    path = tmp_path / "run.pt"
    checkpoint.save(path, CONTENT)
    monkeypatch.setattr(step, fail)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(path, CONTENT | {"seed": 8})
    assert checkpoint.load(path, "Do this.")["seed"] == 7


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def test_a_checkpoint_with_code_is_refused_and_the_code_does_not_run(tmp_path: Path) -> None:
    path, mark = tmp_path / "run.pt", tmp_path / "mark"
    torch.save({"schema": 1, "model": Evil(mark)}, path)
    with pytest.raises(UserError, match=r"run\.pt"):
        checkpoint.load(path, "Do this.")
    assert not mark.exists()
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_the_error_names_a_truncated_foreign_or_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    checkpoint.save(path, CONTENT)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match=r"run\.pt.*Do this"):
        checkpoint.load(path, "Do this.")
    path.write_text("not a checkpoint")
    with pytest.raises(UserError, match=r"run\.pt"):
        checkpoint.load(path, "Do this.")
    with pytest.raises(UserError, match=r"nowhere\.pt.*No such file"):
        checkpoint.load(tmp_path / "nowhere.pt", "Do this.")


def test_a_checkpoint_of_another_schema_is_refused(tmp_path: Path) -> None:
    torch.save({"schema": 2, "model": {}}, tmp_path / "run.pt")
    with pytest.raises(UserError, match="schema 2"):
        checkpoint.load(tmp_path / "run.pt", "Do this.")
