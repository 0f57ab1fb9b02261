"""The training loop: a generator of epochs in plain torch, without Ray.

On a CPU a run is a function of (recipe, seed, inputs, threads). Parameters, batch order and dropout
have separate random streams, keyed by seed and epoch, so a resumed run continues bit by bit.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from rpbind.metrics import WindowScores, summarise
from rpbind.model.build import build_model
from rpbind.model.size import COPIES_TRAINED, check_fits
from rpbind.recipe import Recipe
from rpbind.seeding.streams import generator, reseed
from rpbind.train.batches import (
    batch_count,
    check_workers,
    scoring_batches,
    shuffled_batches,
)
from rpbind.train.gradient import accumulate_gradient
from rpbind.train.inputs import Inputs
from rpbind.train.machine import ONE_CPU, DivergedError, Machine, keep_freed_memory
from rpbind.train.optim import after_batch, after_epoch, optimizer_of, schedule_of
from rpbind.train.ranks import broadcast_buffers, gather


class Training:
    """One run in progress; `epochs()` advances it.

    Parameters
    ----------
    recipe
        The run's hyperparameters.
    seed
        Fixes initial values, batch order and dropout masks.
    inputs
        Windows, parts and protein vectors.
    machine
        Device, threads, and this process's rank.
    """

    def __init__(
        self, recipe: Recipe, seed: int, inputs: Inputs, machine: Machine = ONE_CPU
    ) -> None:
        sizes = {part: len(index_N) for part, index_N in inputs.parts.items()}
        check_workers(machine.world, recipe.train, sizes)
        torch.set_num_threads(machine.threads)
        keep_freed_memory()
        self.recipe, self.seed, self.machine = recipe, seed, machine
        windows = min(recipe.train.batch_size, sizes["train"]) // machine.world
        size = {"width": inputs.width, "length": inputs.length}
        in_memory = windows if machine.device == "cpu" else 0
        check_fits(recipe.model, **size, copies=COPIES_TRAINED, batch=in_memory)
        self.inputs = inputs.to(machine.device)
        model = build_model(recipe.model, **size, seed=seed, varying=inputs.varying)
        self.model = model.to(machine.device)
        self.optimizer = optimizer_of(recipe.train, self.model)
        batches = batch_count(recipe.train, sizes["train"], machine.world)
        self.schedule = schedule_of(recipe.train, self.optimizer, batches)
        self.curve: list[dict[str, float]] = []
        self.best_epoch, self.best_loss = 0, math.inf
        self.best_weights: dict[str, Tensor] = {}
        self.train_seconds, self.windows_seen = 0.0, 0
        self.pieces = 1
        self.stream = generator(machine.device, "augment", seed)
        distribute = machine.world > 1
        self.wrapped: nn.Module = DistributedDataParallel(self.model) if distribute else self.model

    def epochs(self) -> Iterator[dict[str, float]]:
        """Train until the last epoch of the recipe or early stopping.

        Returns
        -------
        An iterator over the epochs' points of the curve, such as {"epoch": 1, "train.loss": 0.6}.

        Raises
        ------
        DivergedError
            If training loss, gradient norm or a score becomes NaN or infinite.
        """
        config = self.recipe.train
        while len(self.curve) < config.epochs and not self._is_stale(config.stop_after):
            epoch = len(self.curve) + 1
            point = {"epoch": float(epoch), "lr": float(self.optimizer.param_groups[0]["lr"])}
            point |= self._train(epoch)
            validation, _ = summarise(self.score("validation"), self.inputs.proteins, "validation")
            point |= validation
            self._record(epoch, point)
            yield point

    def score(self, part: Literal["train", "validation", "test"]) -> WindowScores:
        """Score a part with the current weights.

        Parameters
        ----------
        part
            The part of the split.

        Returns
        -------
        Logits, labels and proteins of all its windows, in the order of the scoring batches.

        Raises
        ------
        DivergedError
            If a logit is NaN or infinite.
        """
        broadcast_buffers(self.model, self.machine.world)
        self.model.eval()
        mine_N = self.inputs.parts[part][self.machine.rank :: self.machine.world]
        batches = scoring_batches(mine_N)
        logits = torch.cat([self._logits(index_B) for index_B in batches])
        logit_N, index_N = gather(
            self.machine.world, logits.cpu().numpy(), torch.cat(batches).cpu().numpy()
        )
        if not np.isfinite(logit_N).all():
            raise DivergedError(f"a score on {part} is NaN or infinite")
        return self.inputs.scores(logit_N, index_N)

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
            "model": self.model.state_dict(),
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

    @property
    def micro_batch(self) -> int:
        """Windows that go through the model at once, on each worker."""
        batch = min(self.recipe.train.batch_size, len(self.inputs.parts["train"]))
        return math.ceil(batch // self.machine.world / self.pieces)

    def _is_stale(self, patience: int | None) -> bool:
        return patience is not None and len(self.curve) - self.best_epoch >= patience

    def _train(self, epoch: int) -> dict[str, float]:
        """Train on the training windows once; return the mean loss and gradient norm."""
        rank, world = self.machine.rank, self.machine.world
        self.model.train()
        stream = (self.seed, epoch) if rank == 0 else (self.seed, epoch, rank)
        reseed(self.model, self.machine.device, *stream)
        self.stream = generator(self.machine.device, "augment", *stream)
        total = torch.zeros(2, dtype=torch.float64, device=self.machine.device)
        began = time.monotonic()
        index_N, config = self.inputs.parts["train"], self.recipe.train
        batches = shuffled_batches(index_N, config, (self.seed, epoch), world)
        for index_B in batches:
            total += self.step(index_B[rank::world])
        if world > 1:
            distributed.all_reduce(total)
        loss, norm = (total / (len(batches) * world)).tolist()
        self.train_seconds += time.monotonic() - began
        self.windows_seen += sum(len(index_B) for index_B in batches)
        if not math.isfinite(loss + norm):
            raise DivergedError(f"epoch {epoch} has training loss {loss}, gradient norm {norm}")
        return {"train.loss": loss, "grad_norm": norm}

    def step(self, index_B: Tensor) -> Tensor:
        """Make one gradient step.

        If memory runs out, this and all later steps use twice as many pieces of a batch, whose
        gradients add up. The result is not exactly that of the whole batch: batch norm uses the
        statistics of a piece, and dropout and augmentation draw again. With several workers the
        error is raised, because the others would wait for this one.

        Parameters
        ----------
        index_B
            (B,) indices of this rank's training windows.

        Returns
        -------
        (2,) float64: the loss, and the norm of the gradient before clipping.

        Raises
        ------
        UserError
            If pieces of two windows still need too much memory, or if the model draws random
            numbers that are not seeded by a layer's name.
        """
        losses = accumulate_gradient(self, index_B)
        limit = self.recipe.train.clip_norm
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), limit or math.inf)
        self.optimizer.step()
        after_batch(self.schedule)
        return torch.stack([sum(losses[1:], losses[0]), norm]).double()

    @torch.no_grad()
    def _logits(self, index_B: Tensor) -> Tensor:
        rna_BL, groups, _ = self.inputs.batch(index_B, self.model.reads)
        return self.model(rna_BL, groups)

    def _record(self, epoch: int, point: dict[str, float]) -> None:
        loss = point["validation.loss"]
        if loss < self.best_loss:
            self.best_epoch, self.best_loss = epoch, loss
            self.best_weights = copy.deepcopy(self.model.state_dict())
        after_epoch(self.schedule, loss)
        self.curve.append(point)
