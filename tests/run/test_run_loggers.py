"""What Ray's loggers are told of a study: epochs and settings by name, never rows or objects."""

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.callback import CallbackList

from rpbind.data.splits import SplitSpec
from rpbind.errors import UserError
from rpbind.recipe.presets import FIXED
from rpbind.run import logger_registry, loggers
from rpbind.run.logger_registry import check_loggers
from rpbind.run.loggers import LoggerCallback, numbers
from rpbind.train.task import Task

EPOCH = {"epoch": 2.0, "seed": 1.0, "lr": 0.001, "validation.auroc_macro": 0.75}
OF_TUNE = {"training_iteration": 2, "pid": 7, "config": {}, "node_ip": "127.0.0.1"}


def trial() -> Any:
    task = Task("fixed", FIXED, ((1, 0),), Path("data"), SplitSpec(), Path("runs"))
    return SimpleNamespace(trial_id="abc", config={"task": task, "cpus": 1})


def events(folder: Path) -> list[Any]:
    """Read TensorBoard's files: each event has its length before it, and checksums around it."""
    from tensorboardX.proto.event_pb2 import Event

    events = []
    for file in folder.rglob("events.out.tfevents.*"):
        left = file.read_bytes()
        while left:
            (length,) = struct.unpack("<Q", left[:8])
            events.append(Event.FromString(left[12 : 12 + length]))
            left = left[16 + length :]
    return events


def test_tensorboard_has_a_curve_per_number(tmp_path: Path) -> None:
    (callback,) = loggers.loggers(["tensorboard"], tmp_path / "study")
    one = trial()
    callback.on_trial_start(0, [], one)
    for epoch, auroc in ((1, 0.5), (2, 0.75)):
        point = EPOCH | {"epoch": float(epoch), "validation.auroc_macro": auroc}
        callback.on_trial_result(epoch, [], one, point | OF_TUNE | {"training_iteration": epoch})
    callback.on_trial_complete(2, [], one)
    curve = [
        (event.step, value.simple_value)
        for event in events(tmp_path / "study" / "tensorboard" / "fixed-seed-1")
        for value in event.summary.value
        if value.tag.endswith("validation.auroc_macro") and event.step
    ]
    assert curve == [(1, 0.5), (2, 0.75)]


def test_a_logger_gets_hyperparameters_by_path_and_no_objects(tmp_path: Path) -> None:
    received: list[Any] = []
    spy = SimpleNamespace(
        log_trial_start=lambda view: received.append((str(view), view.config)),
        log_trial_result=lambda iteration, view, result: received.append(result),
        log_trial_end=lambda view, failed: received.append(failed),
    )
    callback, one = LoggerCallback(spy, tmp_path / "spy"), trial()
    callback.on_trial_start(0, [], one)
    callback.on_trial_result(1, [], one, {"row": "{}", "train.loss": float("nan")} | EPOCH)
    callback.on_trial_error(1, [], one)
    (name, config), result, failed = received
    assert (name, config["train.lr"], config["stage"]) == ("fixed seed 1", 0.003, "ablation")
    assert config["model.classifier.hidden"] == "[256, 128]"
    assert (result, failed) == (EPOCH, True)


def test_infinities_and_text_are_not_passed_to_loggers() -> None:
    assert numbers({"train.loss": float("inf"), "validation.word": "x", "epoch": 1}) == {"epoch": 1}


@pytest.mark.parametrize("moment", ["setup", "log_trial_start", "log_trial_result"])
def test_a_failing_logger_is_reported_once_and_switched_off(
    moment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    def spy(name: str) -> Any:
        def fail(*given: Any, **named: Any) -> None:
            calls.append(name)
            if name == moment:
                raise ConnectionError("the tracking server is gone")

        return fail

    words = ("setup", "log_trial_start", "log_trial_result", "log_trial_end", "on_experiment_end")
    callback = LoggerCallback(
        SimpleNamespace(**{word: spy(word) for word in words}), tmp_path / "mlflow"
    )
    callbacks, one = CallbackList([callback]), trial()
    callbacks.setup()
    callbacks.on_trial_start(iteration=0, trials=[], trial=one)
    callbacks.on_trial_result(iteration=1, trials=[], trial=one, result=EPOCH)
    callbacks.on_trial_complete(iteration=1, trials=[], trial=one)
    callbacks.on_experiment_end(trials=[])
    assert calls[-1] == moment
    errors = capsys.readouterr().err
    assert errors.count("--log mlflow failed") == 1
    assert "ConnectionError: the tracking server is gone" in errors


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tensorbord", "Did you mean 'tensorboard'"),
        ("mlflow", r"needs the package mlflow.*pip install --editable '\.\[mlflow\]'"),
    ],
)
def test_an_unknown_or_missing_logger_is_an_error_with_advice(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger_registry.importlib.util, "find_spec", lambda module: None)
    with pytest.raises(UserError, match=expected):
        check_loggers([name])
