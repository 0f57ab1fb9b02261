"""What changes while a run is trained: weights, optimizer, schedule, curve, and the best epoch."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from rpbind.model.pair_model import PairModel
from rpbind.recipe import Recipe
from rpbind.train.optim import after_epoch, optimizer_of, schedule_of


class RunState:
    """The state of a run, with which it continues after an interruption.

    Parameters
    ----------
    recipe
        The run's hyperparameters.
    seed
        Its seed.
    model
        Its model, on the device on which it is trained.
    batches
        Batches of an epoch.
    """

    def __init__(self, recipe: Recipe, seed: int, model: PairModel, batches: int) -> None:
        self.recipe, self.seed, self.model, self.batches = recipe, seed, model, batches
        self.optimizer = optimizer_of(recipe.train, model.parameters())
        self.schedule = schedule_of(recipe.train, self.optimizer, batches)
        self.curve: list[dict[str, float]] = []
        self.best_epoch, self.best_loss = 0, math.inf
        self.best_weights: dict[str, Tensor] = {}
        self.train_seconds, self.windows_seen, self.epoch_lr = 0.0, 0, recipe.train.lr
        self.pieces = 1

    @property
    def is_over(self) -> bool:
        """Whether the last epoch of the recipe has ended, or training has stopped early."""
        config, epoch = self.recipe.train, len(self.curve)
        patience = config.stop_after
        is_stale = patience is not None and epoch - self.best_epoch >= patience
        return epoch >= config.epochs or is_stale

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the model's weights and buffers, by their names."""
        return {name: value.clone() for name, value in self.model.state_dict().items()}

    def restore_best(self) -> None:
        """Restore the weights of the epoch with the lowest validation loss."""
        self.model.load_state_dict(self.best_weights)

    def state(self) -> dict[str, Any]:
        """Return the state after this epoch.

        Returns
        -------
        What `load_state` needs to continue from here.
        """
        return {
            "recipe": self.recipe.model_dump_json(),
            "seed": self.seed,
            "model": self.weights(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "curve": self.curve,
            "best": (self.best_epoch, self.best_loss, self.best_weights),
            "spent": (self.train_seconds, self.windows_seen),
            "pieces": self.pieces,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from the state of a run with the same recipe and seed.

        Parameters
        ----------
        state
            What `state()` returned.
        """
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.curve = list(state["curve"])
        self.best_epoch, self.best_loss, self.best_weights = state["best"]
        self.train_seconds, self.windows_seen = state["spent"]
        self.pieces = state["pieces"]

    def record(self, epoch: int, point: dict[str, float]) -> None:
        """Record an epoch's point of the curve; keep the weights, if it is the best so far."""
        loss = point["validation.loss"]
        if loss < self.best_loss:
            self.best_epoch, self.best_loss = epoch, loss
            self.best_weights = self.weights()
        after_epoch(self.schedule, loss)
        self.curve.append(point)
