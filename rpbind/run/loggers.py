"""Ray's loggers (TensorBoard, MLflow, Weights & Biases) for the runs and trials of a study.

A study never reads what they log; its results are in its ledger. Import this module after
`environment.prepare`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune import logger as ray_logger

from rpbind.recipe import Recipe
from rpbind.run.logger_registry import LOGGERS, check_loggers
from rpbind.train.task import Task
from rpbind.verbosity import tell

LONGEST = 250
"""Characters of a hyperparameter's text; MLflow refuses longer ones."""


def loggers(names: Sequence[str], study: Path) -> list[tune.Callback]:
    """Return a callback for each named logger.

    TensorBoard writes to `study`/tensorboard. MLflow and Weights & Biases follow their own
    environment variables (MLFLOW_TRACKING_URI, WANDB_API_KEY, WANDB_MODE).
    """
    check_loggers(names)
    return [LoggerCallback(LOGGERS[name].make(study.name), study / name) for name in names]


class TrialView:
    """A Tune trial as a logger sees it: a name, its hyperparameters by path, and a folder."""

    checkpoint = None
    """Loggers that append to their own files ask for it; a run's checkpoints are not Tune's."""

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
        """Create the folder."""
        Path(self.local_path).mkdir(parents=True, exist_ok=True)


class LoggerCallback(tune.Callback):  # type: ignore[misc]  # Ray ships no types
    """Passes epochs and scores to one of Ray's loggers, and hides rows and Ray's objects from it.

    A logger that fails is switched off, because a study does not need it.
    """

    def __init__(self, logger: Any, folder: Path) -> None:
        self.logger, self.folder = logger, folder
        self.views: dict[str, TrialView] = {}

    def setup(self, **info: Any) -> None:
        with self._logger() as logger:
            logger.setup(**info)

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        view = self.views.setdefault(trial.trial_id, TrialView(trial, self.folder))
        with self._logger() as logger:
            view.init_local_path()
            logger.log_trial_start(view)

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Mapping[str, Any], **info: Any
    ) -> None:
        view, values = self.views[trial.trial_id], numbers(result)
        with self._logger() as logger:
            logger.log_trial_result(iteration, view, values)

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._end(trial, failed=False)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._end(trial, failed=True)

    def on_experiment_end(self, trials: Any, **info: Any) -> None:
        with self._logger() as logger:
            logger.on_experiment_end(trials, **info)

    def _end(self, trial: Any, *, failed: bool) -> None:
        if view := self.views.pop(trial.trial_id, None):
            with self._logger() as logger:
                logger.log_trial_end(view, failed=failed)

    @contextmanager
    def _logger(self) -> Iterator[Any]:
        """Yield the logger. If it fails, report that and replace it by one that does nothing.

        Every exception is caught, because a tracking server can fail in ways that we do not know.
        """
        try:
            yield self.logger
        except Exception as error:
            self.logger = ray_logger.LoggerCallback()
            why = f"{type(error).__name__}: {error}"
            tell(
                f"--log {self.folder.name} failed and is now off ({why}). The study continues; "
                "all results are in its ledger."
            )


def numbers(result: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers of a report: those of the epoch, and the iteration."""
    own = ("epoch", "seed", "lr", "grad_norm", "training_iteration")
    return {
        key: value
        for key, value in result.items()
        if (key in own or key.startswith(("train.", "validation.")))
        and isinstance(value, int | float)
        and math.isfinite(value)
    }


def settings(recipe: Recipe) -> dict[str, Any]:
    """Return hyperparameters by path ({"train.lr": 0.001, ...}) as scalars or text."""
    scalar = bool | int | float | str | None
    return {
        path: value if isinstance(value, scalar) else str(value)[:LONGEST]
        for path, value in recipe.flat().items()
    }
