"""Ray's own loggers (TensorBoard, MLflow, Weights & Biases), which see a study's runs and trials.

They only listen: what a study says is in its ledger. Import it after `environment.prepare`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.logger import LoggerCallback
from rich.console import Console

from rpbind.recipe import Recipe
from rpbind.run.logger_registry import LOGGERS, check_loggers
from rpbind.terminal import PLAIN
from rpbind.train.task import Task

LONGEST = 250
"""Characters of a setting; MLflow refuses a run whose settings are longer."""


def loggers(names: Sequence[str], study: Path) -> list[tune.Callback]:
    """Return the callbacks of the loggers that are named, for one study's folder.

    TensorBoard's files go into `study`/tensorboard. Where MLflow and Weights & Biases keep theirs
    is what their own environment variables say (MLFLOW_TRACKING_URI, WANDB_API_KEY, WANDB_MODE).
    """
    check_loggers(names)
    return [Listening(LOGGERS[name].make(study.name), study / name) for name in names]


class TrialView:
    """What a logger sees of a Tune trial: a name, its recipe by path, and a folder of its own."""

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
        """Make the folder."""
        Path(self.local_path).mkdir(parents=True, exist_ok=True)


class Listening(tune.Callback):  # type: ignore[misc]  # Ray ships no types
    """Hands a study's epochs and scores to one of Ray's loggers, without rows and Ray's objects.

    A logger that fails is switched off: the study does not need it.
    """

    def __init__(self, logger: Any, folder: Path) -> None:
        self.logger, self.folder = logger, folder
        self.seen: dict[str, TrialView] = {}

    def setup(self, **info: Any) -> None:
        with self._listener() as logger:
            logger.setup(**info)

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        seen = self.seen.setdefault(trial.trial_id, TrialView(trial, self.folder))
        with self._listener() as logger:
            seen.init_local_path()
            logger.log_trial_start(seen)

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Mapping[str, Any], **info: Any
    ) -> None:
        seen, told = self.seen[trial.trial_id], numbers(result)
        with self._listener() as logger:
            logger.log_trial_result(iteration, seen, told)

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._end(trial, failed=False)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._end(trial, failed=True)

    def on_experiment_end(self, trials: Any, **info: Any) -> None:
        with self._listener() as logger:
            logger.on_experiment_end(trials, **info)

    def _end(self, trial: Any, *, failed: bool) -> None:
        if seen := self.seen.pop(trial.trial_id, None):
            with self._listener() as logger:
                logger.log_trial_end(seen, failed=failed)

    @contextmanager
    def _listener(self) -> Iterator[Any]:
        """Lend the logger; where it fails that is said, and one that does nothing takes its place.

        Whatever it raises is caught: a tracking server fails in ways that only its client knows.
        """
        try:
            yield self.logger
        except Exception as error:
            self.logger = LoggerCallback()
            why = f"{type(error).__name__}: {error}"
            Console(stderr=True).print(
                f"--log {self.folder.name} is switched off, it failed ({why}). The study goes on; "
                "its ledger has what the logger misses.",
                **PLAIN,
            )


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
