"""The loggers that can see a study beside its ledger: one line each, and no import of Ray.

What a maker needs is imported when a study begins to run, on the driver.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rpbind.arguments import check_once
from rpbind.errors import UserError, check_one_of


@dataclass(frozen=True)
class Logger:
    """One logger that `--log` knows.

    Parameters
    ----------
    words
        What it is, for help texts.
    package
        The Python package that it needs. The extra of rpbind that installs it has the logger's
        name.
    make
        Called with the study's name; returns Ray's callback (a `ray.tune.logger.LoggerCallback`).
    """

    words: str
    package: str
    make: Callable[[str], Any]


def _tensorboard(study: str) -> Any:
    from ray.tune.logger.tensorboardx import TBXLoggerCallback

    return TBXLoggerCallback()


def _mlflow(study: str) -> Any:
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    return MLflowLoggerCallback(experiment_name=study)


def _wandb(study: str) -> Any:
    from ray.air.integrations.wandb import WandbLoggerCallback

    return WandbLoggerCallback(project="rpbind", group=study)


LOGGERS: dict[str, Logger] = {
    "tensorboard": Logger("TensorBoard, in the study's folder", "tensorboardX", _tensorboard),
    "mlflow": Logger("MLflow", "mlflow", _mlflow),
    "wandb": Logger("Weights & Biases", "wandb", _wandb),
}
"""Name for `--log` -> logger."""

TRACKERS = {name: logger.words for name, logger in LOGGERS.items()}
"""Name for `--log` -> what it is, for help texts."""


def check_loggers(names: Sequence[str]) -> None:
    """Check that loggers are known and their packages installed.

    Parameters
    ----------
    names
        Names from `LOGGERS`.

    Raises
    ------
    UserError
        Where a logger is unknown, named twice, or needs a package that is not installed.
    """
    check_once("--log", names)
    for name in names:
        check_one_of("--log", name, LOGGERS)
        package = LOGGERS[name].package
        if importlib.util.find_spec(package) is None:
            raise UserError(
                f"--log {name} needs the package {package}, which is not installed: "
                f"pip install --editable '.[{name}]' in rpbind's folder."
            )
