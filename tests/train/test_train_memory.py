"""Runs that need more memory than there is."""

from pathlib import Path
from typing import Any

import pytest
import torch
from test_train_ranks import PLAIN
from toy_runs import CONV_SMALL, FIXED_SMALL, equal, job, open_inputs, silent

from rpbind.recipe import Recipe
from rpbind.train import checkpoint
from rpbind.train import run as one_run
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.run import train_run

GPU = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")


@pytest.fixture(scope="module")
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def training(recipe: Recipe, inputs: Inputs, room: int, error: Exception = GPU) -> Training:
    """A run on a machine with memory for at most `room` windows at once."""
    made = Training(recipe, 0, inputs)

    def refuse(module: Any, given: tuple[torch.Tensor, Any]) -> None:
        if module.training and len(given[0]) > room:
            raise error

    made.model.register_forward_pre_hook(refuse)
    return made


def small_machine(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make = lambda recipe, seed, inputs, machine: training(recipe, inputs, room)  # noqa: E731
    monkeypatch.setattr(one_run, "Training", make)


@pytest.mark.parametrize("error", [GPU, CPU])
@pytest.mark.parametrize(("room", "pieces"), [(16, 1), (15, 2), (8, 2), (3, 8)])
def test_a_batch_in_pieces_trains_like_the_whole_batch(
    room: int, pieces: int, error: Exception, inputs: Inputs
) -> None:
    whole, cut = training(PLAIN, inputs, 16), training(PLAIN, inputs, room, error)
    for one, other in zip(whole.epochs(), cut.epochs(), strict=True):
        assert other == pytest.approx(one, rel=1e-3, abs=1e-5)
    assert (cut.pieces, cut.micro_batch) == (pieces, 16 // pieces)
    assert cut.windows_seen == whole.windows_seen


def test_pieces_of_a_batch_that_does_not_divide_have_one_window_more_or_less(
    inputs: Inputs,
) -> None:
    recipe = PLAIN.with_({"train.batch_size": 13, "train.epochs": 1})
    whole, cut = training(recipe, inputs, 13), training(recipe, inputs, 4)
    (one,), (other,) = whole.epochs(), cut.epochs()
    assert other == pytest.approx(one, rel=1e-3, abs=1e-5)
    assert cut.micro_batch == 4


def test_an_interrupted_run_in_pieces_continues_in_pieces(inputs: Inputs, tmp_path: Path) -> None:
    whole, begun = training(CONV_SMALL, inputs, 5), training(CONV_SMALL, inputs, 5)
    next(begun.epochs())
    checkpoint.save(tmp_path / "run.pt", begun.state())
    resumed = training(CONV_SMALL, inputs, 5)
    resumed.load_state(checkpoint.load(tmp_path / "run.pt", "Do this."))
    assert list(whole.epochs())[1:] == list(resumed.epochs())
    assert equal(resumed.model.state_dict(), whole.model.state_dict())


@pytest.mark.parametrize(("room", "windows", "pieces"), [(16, 16, "1"), (4, 4, "4")])
def test_the_row_has_the_number_of_windows_that_the_model_scored_at_once(
    room: int,
    windows: int,
    pieces: str,
    inputs: Inputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_machine(room, monkeypatch)
    row = train_run(job(tmp_path, FIXED_SMALL), inputs, Machine(), "test", silent)
    assert (row.state, row.cost["micro_batch"]) == ("done", windows)
    assert row.provenance["pieces"] == pieces


def test_a_run_that_does_not_fit_at_all_is_a_failed_row_with_the_reason(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_machine(1, monkeypatch)
    row = train_run(job(tmp_path, FIXED_SMALL), inputs, Machine(), "test", silent)
    assert row.state == "failed"
    assert "16 windows in 8 piece(s)" in row.error
    assert "Traceback" not in row.error


def test_another_runtime_error_does_not_count_as_out_of_memory(inputs: Inputs) -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        list(training(PLAIN, inputs, 8, RuntimeError("mat1 and mat2 differ")).epochs())
