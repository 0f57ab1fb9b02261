"""Ray's own loggers (TensorBoard, MLflow, Weights & Biases), which see a study's runs and trials.

They only listen: what a study says is in its ledger. Import it after `environment.prepare`.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ray import tune

from rpbind.errors import UserError, one_of
from rpbind.recipe import Recipe
from rpbind.train.task import Task

LOGGERS = {"tensorboard": "tensorboardX", "mlflow": "mlflow", "wandb": "wandb"}
"""The package that each logger needs; the extra of rpbind that brings it has the logger's name."""

LONGEST = 250
"""Characters of a setting; MLflow refuses a run whose settings are longer."""


def check_loggers(names: Sequence[str]) -> None:
    """Raise `UserError` on a logger that is unknown or whose package is not installed."""
    for name in names:
        one_of("--log", name, tuple(LOGGERS))
        if importlib.util.find_spec(LOGGERS[name]) is None:
            raise UserError(
                f"--log {name} needs the package {LOGGERS[name]}, which is not installed: "
                f"pip install --editable '.[{name}]' in rpbind's folder."
            )


def loggers(names: Sequence[str], study: Path) -> list[tune.Callback]:
    """Return the callbacks of the loggers that are named, for one study's folder.

    TensorBoard's files go into `study`/tensorboard. Where MLflow and Weights & Biases keep theirs
    is what their own environment variables say (MLFLOW_TRACKING_URI, WANDB_API_KEY, WANDB_MODE).
    """
    check_loggers(names)
    return [Listening(_made(name, study.name), study / name) for name in names]


def _made(name: str, study: str) -> Any:
    """Return Ray's callback of a logger."""
    if name == "tensorboard":
        from ray.tune.logger.tensorboardx import TBXLoggerCallback

        return TBXLoggerCallback()
    if name == "mlflow":
        from ray.air.integrations.mlflow import MLflowLoggerCallback

        return MLflowLoggerCallback(experiment_name=study)
    from ray.air.integrations.wandb import WandbLoggerCallback

    return WandbLoggerCallback(project="rpbind", group=study)


class Seen:
    """What a logger sees of a Tune trial: a name, its recipe by path, and a folder of its own."""

    def __init__(self, trial: Any, folder: Path) -> None:
        task: Task = trial.config["task"]
        self.name = task.arm if len(task.seeds) > 1 else f"{task.arm} seed {task.jobs[0].seed}"
        self.trial_id, self.experiment_dir_name = trial.trial_id, folder.parent.name
        self.config = {"stage": task.stage} | settings(task.recipe)
        self.evaluated_params = self.config
        self.local_path = str(folder / self.name.replace("/", "-").replace(" ", "-"))

    def __str__(self) -> str:
        return self.name

    def init_local_path(self) -> None:
        """Make the folder."""
        Path(self.local_path).mkdir(parents=True, exist_ok=True)


class Listening(tune.Callback):  # type: ignore[misc]  # Ray ships no types
    """Hands a study's epochs and scores to one of Ray's loggers, without rows and Ray's objects."""

    def __init__(self, logger: Any, folder: Path) -> None:
        self.logger, self.folder = logger, folder
        self.seen: dict[str, Seen] = {}

    def setup(self, **info: Any) -> None:
        self.logger.setup(**info)

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        seen = self.seen.setdefault(trial.trial_id, Seen(trial, self.folder))
        seen.init_local_path()
        self.logger.log_trial_start(seen)

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Mapping[str, Any], **info: Any
    ) -> None:
        self.logger.log_trial_result(iteration, self.seen[trial.trial_id], numbers(result))

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._end(trial, failed=False)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._end(trial, failed=True)

    def on_experiment_end(self, trials: Any, **info: Any) -> None:
        self.logger.on_experiment_end(trials, **info)

    def _end(self, trial: Any, *, failed: bool) -> None:
        if seen := self.seen.pop(trial.trial_id, None):
            self.logger.log_trial_end(seen, failed=failed)


def numbers(result: Mapping[str, Any]) -> dict[str, float]:
    """Keep a report's finite numbers: the epoch's own, and how far the trial has come."""
    own = ("epoch", "seed", "lr", "grad_norm", "training_iteration")
    return {
        key: value
        for key, value in result.items()
        if (key in own or key.startswith(("train.", "validation.")))
        and isinstance(value, int | float)
        and math.isfinite(value)
    }


def settings(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe by path ({"train.lr": 0.001, ...}) in what loggers take: scalars and text."""
    scalar = bool | int | float | str | None
    return {
        path: value if isinstance(value, scalar) else str(value)[:LONGEST]
        for path, value in recipe.flat().items()
    }
