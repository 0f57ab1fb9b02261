import pytest

from rpbind.errors import UserError
from rpbind.run.resources import Resources

TABLE = [
    # requested, workers, gpus, executor
    ("auto", 1, 0.0, "trial"),
    ("auto", 2, 0.0, "train"),
    ("auto", 1, 0.5, "train"),
    ("auto", 2, 1.0, "train"),
    ("trial", 1, 0.0, "trial"),
    ("trial", 1, 0.5, "trial"),
    ("train", 1, 0.0, "train"),
    ("train", 4, 1.0, "train"),
]


@pytest.mark.parametrize(("requested", "workers", "gpus", "executor"), TABLE)
def test_the_executor_follows_from_the_request_and_the_resources(
    requested: str, workers: int, gpus: float, executor: str
) -> None:
    assert Resources(workers=workers, gpus=gpus, requested=requested).executor == executor


def test_one_process_cannot_be_several_workers() -> None:
    with pytest.raises(UserError, match="--executor train"):
        _ = Resources(workers=2, requested="trial").executor


def test_an_unknown_executor_is_refused() -> None:
    with pytest.raises(UserError, match="auto, trial, train; got 'ray'"):
        _ = Resources(requested="ray").executor


def test_a_run_needs_the_sum_of_its_workers_resources() -> None:
    assert Resources(workers=3, cpus=2, gpus=0.5).needs == {"CPU": 6.0, "GPU": 1.5}
    assert Resources(workers=3, cpus=2, gpus=0.5).share == {"CPU": 2.0, "GPU": 0.5}
    assert Resources(cpus=2).needs == {"CPU": 2.0}


def test_resources_are_described_in_one_line() -> None:
    assert Resources().words() == (
        "in the Tune trial's process: 1 worker(s) per run, each with 1 CPU, on this machine"
    )
    assert Resources(2, 1, 0.5, address="ray://host").words() == (
        "in Ray Train worker groups: 2 worker(s) per run, each with 1 CPU and 0.5 GPU, on ray://host"
    )
